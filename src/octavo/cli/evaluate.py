"""`octavo evaluate`: how well a model foretells text it has not seen."""

import json
from pathlib import Path
from typing import Any

import click

from octavo.cli.live import Live
from octavo.cli.tables import plain_table, print_table
from octavo.training import evaluate_run

MEASURES = ("bits per byte", "nats per token", "perplexity")


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--corpus", help="Score on this corpus's held-out part.")
@click.option("--field", default="text", help="The text's key in .jsonl.")
@click.option(
    "--baselines", is_flag=True, help="Score n-gram models beside it."
)
@click.option("--device", default="cpu", help="cpu, cuda, mps or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    run: Path,
    corpus: str | None,
    field: str,
    baselines: bool,
    device: str,
    as_json: bool,
) -> None:
    """Measure the model of RUN on held-out text, in bits per byte.

    Without --corpus it is the text that the run itself held out. The
    baselines are n-gram models of the same tokens, orders 1 to 6, trained
    on the same training text: what a transformer must beat.
    """
    with Live() as live:
        result = evaluate_run(run, corpus, field, baselines, device, live)
    if as_json:
        click.echo(json.dumps(result))
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
