"""`octavo train`: from a corpus to a model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from octavo.cli.live import Live
from octavo.cli.wishing import wish_options
from octavo.evaluation import Score
from octavo.finetuning.preparing import TunedRun, open_run
from octavo.finetuning.tuning import finetune
from octavo.foundation.files import remove_leftovers
from octavo.foundation.interrupts import stop_requests
from octavo.foundation.locks import only_one
from octavo.foundation.text import quoted
from octavo.training import (
    Metrics,
    Recipe,
    Run,
    Wish,
    prepare,
    prepare_from_recipe,
    train,
    with_techniques,
)
from octavo.training.chart import draw_run
from octavo.training.events import event_files, require_tensorboard
from octavo.training.recipe import TECHNIQUES
from octavo.training.run import resumable

CHART = "loss.png"
# What a run is made from; the last two leave nothing open but these.
STARTS = ("corpus", "recipe", "resume")
LEFT_OPEN = {
    "recipe": (
        *("out", "changes", "memory_limit", "tensorboard", "as_json"),
        *TECHNIQUES,
    ),
    "resume": ("on_nan", "tensorboard", "as_json"),
}


@click.command
@wish_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="The new run's folder."
)
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    help="Repeat the run of a recipe.toml.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change the recipe, as in training.batch_size=16.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Go on with a run that was stopped.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show the sizes that were weighed for the minutes.",
)
@click.option(
    "--tensorboard",
    is_flag=True,
    help="Write what TensorBoard shows into the run's tensorboard/.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line.")
def command(
    out: Path | None,
    recipe: Path | None,
    changes: tuple[str, ...],
    resume: Path | None,
    explain: bool,
    tensorboard: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Train a model on a corpus, or go on with one.

    Give --corpus and --out, and --minutes or --tokens; or --recipe and
    --out; or --resume, alone or with --on-nan.
    """
    given = check_options(click.get_current_context())
    if tensorboard:
        require_tensorboard()
    with Live(explain=explain) as live:
        if resume is not None:
            run = open_run(resume)
            if "on_nan" in given:
                change = f"training.on_nan={asked['on_nan']}"
                run = replace(run, recipe=run.recipe.changed([change]))
        elif recipe is not None and out is not None:
            techniques = {n: asked[n] for n in TECHNIQUES if n in given}
            wanted = with_techniques(
                Recipe.load(recipe).changed(changes), techniques
            )
            limit = asked["memory_limit"]
            run = prepare_from_recipe(wanted, out, live, limit)
        else:
            assert out is not None
            run = prepare(Wish(**asked), out, live)
        score = train_or_pause(run, live, tensorboard)
    if score:
        report(run, score, as_json)


def check_options(context: click.Context) -> set[str]:
    """Return which options were given.

    Raises UsageError for options that say too little, or too much.
    """
    given = {
        parameter.name or "": parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "")
        is ParameterSource.COMMANDLINE
    }
    starts = [name for name in STARTS if name in given]
    if len(starts) != 1:
        raise click.UsageError(
            "give one of --corpus (octavo corpus list), --recipe, and "
            "--resume"
        )
    (start,) = starts
    if start != "resume" and "out" not in given:
        raise click.UsageError("name the new run's folder with --out")
    if "changes" in given and start != "recipe":
        raise click.UsageError("--set changes what --recipe names")
    for name, option in given.items():
        if name not in LEFT_OPEN.get(start, given) and name != start:
            raise click.UsageError(
                f"{option} does not go with --{start}: the run's recipe "
                "has decided that"
            )
    return set(given)


def train_or_pause(
    run: Run, live: Live, tensorboard: bool = False
) -> Score | None:
    """Train to the end, or to Ctrl-C; say which, and how to go on."""
    if run.finished:
        live.noted(f"{run.folder} is finished: there is nothing to resume.")
        if not (run.folder / CHART).is_file():
            draw(run)
        metrics = Metrics.read(run.folder)
        with event_files(run, metrics, tensorboard):
            return recorded_score(metrics)
    how = f"  octavo train --resume {quoted(run.folder)}"
    try:
        with stop_requests() as stop:
            score = (
                finetune(run, live, stop, tensorboard)
                if isinstance(run, TunedRun)
                else train(run, live, stop, tensorboard)
            )
    except KeyboardInterrupt:  # the second Ctrl-C
        live.noted(f"Stopped at once. To go on from what was saved:\n{how}")
        raise
    if score is None:
        live.noted(f"Stopped and saved. To go on:\n{how}")
    else:
        draw(run)
    return score


def draw(run: Run) -> None:
    """Draw a run's curve; a kill while it was drawn leaves no trace."""
    with resumable(run.folder), only_one(run.folder):
        remove_leftovers(run.folder)
        draw_run(run, run.folder / CHART)


def recorded_score(metrics: Metrics) -> Score | None:
    """Return the closing score of a finished run, as it was recorded."""
    finals = metrics.of("final")
    if not finals:
        return None
    _, final = finals[-1]
    tokens = final["tokens"]
    return Score(
        nats=final["nats_per_token"] * tokens,
        tokens=tokens,
        bytes=final["bytes"],
    )


def report(run: Run, score: Score, as_json: bool) -> None:
    """Print how good the model is, and what to do with it."""
    before = run.bits_before if isinstance(run, TunedRun) else None
    if as_json:
        result = {"run": str(run.folder), **score.as_dict()}
        if before:
            result["bits_per_byte_before"] = before
        click.echo(json.dumps(result))
        return
    click.echo(
        f"\nOn the held-out text: {score.bits_per_byte:.3f} bits per byte "
        f"({score.bytes:,} bytes; {score.nats_per_token:.3f} nats a token)"
    )
    if before:
        click.echo(
            f"Before fine-tuning: {before:.3f} bits per byte "
            f"({score.bits_per_byte / before - 1:+z.1%} since)"
        )
    click.echo(f"The run: {run.folder}   its curve: {run.folder}/{CHART}")
