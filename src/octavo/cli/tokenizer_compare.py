"""`octavo tokenizer compare`: one table, measured in this run."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from octavo.foundation import UserError
from octavo.foundation.files import write_text
from octavo.text import load_corpus
from octavo.tokenizer.comparison.compare import Comparison, compare
from octavo.tokenizer.comparison.findings import findings
from octavo.tokenizer.comparison.report import (
    cells,
    headings,
    notes,
    to_json,
    to_markdown,
)
from octavo.tokenizer.comparison.samples import Sample, installed_samples

FAR = 10_000  # columns of a pipe, so that nothing is wrapped or cut


@click.command
@click.option(
    "--corpus",
    default="shakespeare",
    show_default=True,
    help="What to learn from, and hold out: a name, a file or a folder.",
)
@click.option(
    "--vocab-size",
    type=int,
    default=4096,
    show_default=True,
    help="How many ids each contender may learn.",
)
@click.option(
    "--field",
    default="text",
    show_default=True,
    help="The field of .jsonl lines that holds the text.",
)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write table, findings and notes as Markdown.",
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the table: a .png or .svg.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare_command(
    corpus: str,
    vocab_size: int,
    field: str,
    markdown: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Compare tokenizers: words, bytes, Octavo, and its peers.

    All learn from the same text and are measured on the same texts: the
    corpus's held-out part, English prose, Python, and two other scripts.
    The peers come with pip install 'octavo[compare]'; those that are not
    installed are left out, and named.
    """
    if chart and chart.suffix not in {".png", ".svg"}:
        raise UserError(f"{chart}: a chart is a .png or an .svg")
    documents = load_corpus(corpus, field=field)
    held_out = Sample(
        name="held out",
        documents=tuple(document.text for document in documents.held_out),
        source=f"of {documents.name}: {documents.source}",
    )
    console = Console(stderr=True)
    with console.status("gathering texts") as status:
        comparison = compare(
            [document.text for document in documents.train],
            [held_out, *installed_samples()],
            vocab_size,
            progress=lambda name: status.update(f"measuring {name}"),
        )
    if markdown:
        write_text(markdown, to_markdown(comparison))
    if chart:
        _draw(comparison, chart)
    if as_json:
        _print_json(to_json(comparison))
    else:
        _print_comparison(comparison)


def _draw(comparison: Comparison, path: Path) -> None:
    from octavo.tokenizer.comparison.chart import (  # noqa: PLC0415 (slow to import)
        draw_comparison,
    )

    draw_comparison(comparison, path)


def _print_json(content: dict[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def _print_comparison(comparison: Comparison) -> None:
    """Print the table, what it says, and what stands behind it."""
    console = Console(
        width=None if sys.stdout.isatty() else FAR, highlight=False
    )
    for table in _tables(comparison, console.width):
        console.print(table, "")
    for sentence in findings(comparison):
        console.print(Text(sentence), "")
    console.print("notes:")
    for note in notes(comparison):
        console.print(Text(f"- {note}"))


def _tables(comparison: Comparison, width: int) -> list[Table]:
    """Return the table whole if it fits in a width, otherwise in two."""
    titles = headings(comparison)
    whole = _table(comparison, titles[1:])
    if Console(width=FAR).measure(whole).maximum <= width:
        return [whole]
    half = 2 + len(comparison.samples)
    parts = titles[1:half], titles[half:]
    return [_table(comparison, part) for part in parts]


def _table(comparison: Comparison, chosen: Iterable[str]) -> Table:
    """Return the contenders' names, and the columns of some headings."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("tokenizer", no_wrap=True, vertical="bottom")
    for title in chosen:
        group, _, name = title.rpartition(": ")
        group = group.replace("bytes per", "bytes/").replace(" ", "\n")
        table.add_column(
            f"{group}\n{name}" if group else name,
            justify="right",
            no_wrap=True,
            vertical="bottom",
        )
    titles = headings(comparison)
    for row in comparison.rows:
        written = dict(zip(titles, cells(comparison, row), strict=True))
        table.add_row(row.name, *(written[title] for title in chosen))
    return table
