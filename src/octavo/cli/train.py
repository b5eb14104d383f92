"""`octavo train`: from a corpus to a model."""

import json
from pathlib import Path

import click

from octavo.cli.live import Live
from octavo.evaluation import Score
from octavo.foundation.interrupts import stop_requests
from octavo.training import (
    SIZES,
    Recipe,
    Run,
    Wish,
    prepare,
    prepare_from_recipe,
    train,
)
from octavo.training.chart import draw_run


@click.command
@click.option("--corpus", help="A corpus's name, or a file or folder.")
@click.option("--field", default="text", help="The text's key in .jsonl.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The new run's folder."
)
@click.option("--minutes", type=float, help="Train about this long.")
@click.option("--tokens", type=int, help="Train on this many tokens.")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    help="Repeat the run of a recipe.toml.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Go on with a run that was stopped.",
)
@click.option("--size", help=f"One of {', '.join(SIZES)}.")
@click.option("--context", type=int, help="Tokens that the model sees.")
@click.option("--batch-size", type=int, help="Windows in a step.")
@click.option(
    "--tokenizer",
    default="train",
    help='"train" a new one, "bytes", or a tokenizer.json.',
)
@click.option("--vocab-size", type=int, help="Of a new tokenizer.")
@click.option("--prompt", help="What samples begin with.")
@click.option("--seed", default=0, help="Decides every random choice.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line.")
def command(
    corpus: str | None,
    field: str,
    out: Path | None,
    minutes: float | None,
    tokens: int | None,
    recipe: Path | None,
    resume: Path | None,
    size: str | None,
    context: int | None,
    batch_size: int | None,
    tokenizer: str,
    vocab_size: int | None,
    prompt: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Train a model on a corpus, or go on with one.

    Give --corpus and --out, and --minutes or --tokens; or --recipe and
    --out; or --resume alone.
    """
    if sum(given is not None for given in (corpus, recipe, resume)) != 1:
        raise click.UsageError(
            "give one of --corpus (octavo corpus list), --recipe, and "
            "--resume"
        )
    if resume is None and out is None:
        raise click.UsageError("name the new run's folder with --out")
    with Live() as live:
        if resume:
            run = Run.open(resume)
        elif recipe and out:
            run = prepare_from_recipe(Recipe.load(recipe), out, live)
        else:
            assert corpus
            assert out
            wish = Wish(
                corpus=corpus,
                field=field,
                tokenizer=tokenizer,
                vocab_size=vocab_size,
                minutes=minutes,
                tokens=tokens,
                size=size,
                context=context,
                batch_size=batch_size,
                prompt=prompt,
                seed=seed,
            )
            run = prepare(wish, out, live)
        score = train_or_pause(run, live)
    if score:
        report(run, score, as_json)


def train_or_pause(run: Run, live: Live) -> Score | None:
    """Train to the end, or to Ctrl-C; say which, and how to go on."""
    if run.finished:
        live.noted(f"{run.folder} is finished: there is nothing to resume.")
        return None
    with stop_requests() as stop:
        score = train(run, live, stop)
    if score is None:
        live.noted("Stopped and saved. To go on:")
        live.noted(f"  octavo train --resume {run.folder}")
    else:
        draw_run(run, run.folder / "loss.png")
    return score


def report(run: Run, score: Score, as_json: bool) -> None:
    """Print how good the model is, and what to do with it."""
    if as_json:
        click.echo(json.dumps({"run": str(run.folder), **score.as_dict()}))
        return
    click.echo(
        f"\nHeld-out text: {score.bits_per_byte:.3f} bits per byte "
        f"({score.bytes:,} bytes; {score.nats_per_token:.3f} nats a token)"
    )
    click.echo(f"The run: {run.folder}   its curve: {run.folder}/loss.png")
