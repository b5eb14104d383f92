"""`octavo inspect`: what is inside a model, and what it looks at."""

import json
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from octavo.inspection import (
    Part,
    letter_sizes,
    list_parts,
    list_shapes,
    token_labels,
)
from octavo.inspection.writing import write_attention, write_evolution
from octavo.model import ModelConfig
from octavo.tokenizer import Tokenizer
from octavo.training import load_trained

LETTERS = {
    "B": "batch",
    "T": "time",
    "D": "width",
    "H": "heads",
    "G": "key-value heads",
    "K": "head width",
    "F": "network width",
    "V": "vocabulary",
}
HEADERS = {
    "parameters": "parameters",
    "flops": "FLOPs",
    "activations": "kept KiB",
}
HOW_COUNTED = """\
The middle rows are one block; the sums count every block.
FLOPs: per token, forward, in a window of {context}: 2 for each multiply and
add of a matrix product. The half that the causal mask hides is counted;
norms, softmax and gates are not.
Kept: what training keeps of one window for the way back, measured. What
several parts keep together stands at the first."""


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--parts", is_flag=True, help="A table of the model's parts and costs."
)
@click.option(
    "--shapes", metavar="TEXT", help="Every tensor on TEXT's way through."
)
@click.option(
    "--attention", metavar="TEXT", help="Draw who looks at whom in TEXT."
)
@click.option(
    "--evolution",
    is_flag=True,
    help="Draw how attention sharpened while the run learned.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The picture: .html, .png or .svg; for --evolution also .gif.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    run: Path,
    parts: bool,
    shapes: str | None,
    attention: str | None,
    evolution: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Look inside the model of RUN: its parts, or one of the other views.

    Pictures go into RUN unless --out names a file: a page to point at, or
    by its ending an image to print, or an animation.
    """
    pictures = attention is not None or evolution
    asked = [parts, shapes is not None, attention is not None, evolution]
    if sum(asked) > 1:
        raise click.UsageError(
            "give one of --parts, --shapes, --attention and --evolution"
        )
    if pictures and as_json:
        raise click.UsageError("--json goes with --parts or --shapes")
    if out and not pictures:
        raise click.UsageError("--out goes with --attention or --evolution")
    if attention is not None:
        draw_attention(run, attention, out or run / "attention.html")
    elif evolution:
        draw_evolution(run, out or run / "evolution.html")
    elif shapes is not None:
        print_shapes(run, shapes, as_json)
    else:
        print_parts(run, as_json)


def draw_attention(run: Path, text: str, out: Path) -> None:
    """Write the picture of a text's attention, and say where it is."""
    model, tokenizer = load_trained(run), Tokenizer.load(run)
    ids = tokenizer.encode(text)
    drawn = write_attention(model, tokenizer, ids, out)
    if drawn < len(ids):
        _note(
            f"the text is {len(ids)} tokens long; drawn: the last {drawn}"
        )
    click.echo(out)


def draw_evolution(run: Path, out: Path) -> None:
    """Write the picture of a run's attention over time; say where."""
    evolution = write_evolution(run, out)
    _note(
        f"{len(evolution.steps)} moments, from step {evolution.steps[0]:,} "
        f"to {evolution.steps[-1]:,}, of “{evolution.sentence.line}”"
    )
    click.echo(out)


def print_shapes(run: Path, text: str, as_json: bool) -> None:
    """Print every tensor on a text's way through the model."""
    model, tokenizer = load_trained(run), Tokenizer.load(run)
    ids = tokenizer.encode(text)
    steps = list_shapes(model, ids)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in steps]))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("tensor", "shape", "", "meaning"):
        table.add_column(name, no_wrap=name != "meaning")
    where = ""
    for step in steps:
        if step.where != where:
            table.add_row()
            where = step.where
        sizes = " ".join(map(str, step.shape))
        table.add_row(step.tensor, step.letters, sizes, step.meaning)
    click.echo(" ".join(token_labels(tokenizer, ids)) + "\n")
    Console().print(table)
    click.echo("\n" + legend(model.config, len(ids)))


def legend(config: ModelConfig, time: int) -> str:
    """Say what the letters of shapes are."""
    sizes = letter_sizes(config, time)
    letters = ", ".join(
        f"{letter} {meaning} {sizes[letter]:,}"
        for letter, meaning in LETTERS.items()
    )
    blocks = f"each of the {config.num_layers} blocks does the middle part"
    return textwrap.fill(f"{letters}; {blocks}.", 76)


def print_parts(run: Path, as_json: bool) -> None:
    """Print the model's parts and what they cost."""
    model = load_trained(run)
    parts = list_parts(model)
    if as_json:
        context, rows = model.config.context, [asdict(p) for p in parts]
        everything = {"context": context, "parts": rows, **totals(parts)}
        click.echo(json.dumps(everything))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("part", no_wrap=True)
    table.add_column("what it does")
    for header in HEADERS.values():
        table.add_column(header, justify="right")
    inside = -1
    for part in parts:
        if part.block > 1:
            continue
        if part.block != inside:
            table.add_row()
            inside = part.block
        table.add_row(part.name, part.what, *numbers(asdict(part)))
    table.add_row()
    blocks = f"{model.config.num_layers} blocks, and the rest"
    table.add_row("all together", blocks, *numbers(totals(parts)))
    Console().print(table)
    click.echo("\n" + HOW_COUNTED.format(context=model.config.context))


def numbers(costs: dict[str, Any]) -> list[str]:
    """Return what a part costs, to print."""
    kept = round(costs["activations"] / 1024)
    return [f"{costs[name]:,}" for name in ("parameters", "flops")] + [
        f"{kept:,}"
    ]


def totals(parts: list[Part]) -> dict[str, int]:
    """Return the sums over all parts of all blocks."""
    return {
        name: sum(getattr(part, name) for part in parts) for name in HEADERS
    }


def _note(line: str) -> None:
    """Say something beside the result."""
    print(f"octavo: {line}", file=sys.stderr)
