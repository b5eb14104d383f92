"""`octavo finetune`: a trained model learns to answer."""

from pathlib import Path

import click

from octavo.cli.live import Live
from octavo.cli.train import report, train_or_pause
from octavo.finetuning import Conversation, render
from octavo.finetuning.choosing import TuningWish
from octavo.finetuning.examples import examples_named
from octavo.finetuning.preparing import (
    prepare_tuning,
)
from octavo.finetuning.rendering import runs
from octavo.foundation.text import printable
from octavo.tokenizer import Tokenizer


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--examples",
    metavar="NAME|FILE",
    help="shakespeare (made from the works), sums (of them, the sums "
    "alone), or a .jsonl of messages.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The new run's folder."
)
@click.option(
    "--lora",
    type=click.IntRange(min=1),
    metavar="RANK",
    help="Learn a change of this rank, not the whole model.",
)
@click.option(
    "--reward",
    metavar="NAME",
    help="sums: learn from own answers to them, and which were right.",
)
@click.option(
    "--rehearse",
    type=float,
    metavar="SHARE",
    help="Of all that is read, so much is the base's own text, that it is "
    "not forgotten. 0.25 unless told.",
)
@click.option("--epochs", type=float, help="How often each is read.")
@click.option(
    "--minutes", type=float, help="As often as these have time for."
)
@click.option("--seed", default=0, help="Decides the order.")
@click.option(
    "--show",
    is_flag=True,
    help="Print an example, with what is learned between ⟦ and ⟧.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line.")
def command(
    run: Path,
    examples: str | None,
    out: Path | None,
    lora: int | None,
    reward: str | None,
    rehearse: float | None,
    epochs: float | None,
    minutes: float | None,
    seed: int,
    show: bool,
    as_json: bool,
) -> None:
    """Teach the model of RUN to answer, as examples do.

    What comes out is a run folder as well: octavo train --resume goes on
    with one that was stopped. Its held-out text is the base's, so that
    what is forgotten is seen.
    """
    if out is None and not show:
        raise click.UsageError("name the new run's folder with --out")
    examples = examples or reward
    if examples is None:
        raise click.UsageError("name what is taught with --examples")
    with Live() as live:
        live.noted(f"Reading the examples {examples} ...")
        conversations = examples_named(examples)
        if show:
            tokenizer = Tokenizer.load(run / "tokenizer.json")
            click.echo(
                marked(tokenizer, conversations[seed % len(conversations)])
            )
        if out is None:
            return
        wish = TuningWish(
            base=run,
            examples=examples,
            epochs=epochs,
            minutes=minutes,
            lora_rank=lora or 0,
            rehearsal=rehearse,
            reward=reward or "",
            seed=seed,
        )
        tuned = prepare_tuning(wish, conversations, out, live)
        score = train_or_pause(tuned, live)
    if score:
        report(tuned, score, as_json)


def marked(tokenizer: Tokenizer, conversation: Conversation) -> str:
    """Return a conversation as it is read, what is learned marked."""
    return "".join(
        f"⟦{printable(text)}⟧" if trained else printable(text)
        for text, trained in runs(
            tokenizer, render(tokenizer, conversation)
        )
    )
