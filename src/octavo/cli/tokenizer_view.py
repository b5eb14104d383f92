"""`octavo tokenizer view`: a text's tokens, in colour."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from octavo.cli.opening import open_tokenizer, read_text
from octavo.foundation import UserError
from octavo.foundation.files import write_text
from octavo.tokenizer.viewing.page import to_page
from octavo.tokenizer.viewing.tokens import (
    Step,
    Token,
    show,
    stretches,
    trace,
    view,
)

COLOURS = ("#f0b9b4", "#a9cbe8", "#ecd28f", "#b5d8b0", "#d3bde6")
INK, FAINT = "#22223b", "#8a7f8a"  # text, and marks for the invisible


@click.command
@click.argument("text", required=False)
@click.option(
    "--tokenizer",
    "name",
    default="gpt2",
    show_default=True,
    metavar="FILE",
    help="A tokenizer.json, a run folder, or bytes, gpt2 or cl100k.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page that shows the same.",
)
@click.option(
    "--trace",
    "word",
    metavar="WORD",
    help='Show the merges that build WORD; " the" is not "the".',
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def view_command(
    text: str | None,
    name: str,
    html: Path | None,
    word: str | None,
    as_json: bool,
) -> None:
    """Show the tokens of TEXT, each with its id; - is standard input.

    A dot is a space, and hexadecimal digits are bytes of a character that
    is cut in two.
    """
    if text is None and word is None:
        raise UserError(
            "give a TEXT to view, - to read it, or --trace WORD"
        )
    tokenizer = open_tokenizer(name)
    tokens = view(tokenizer, read_text(text)) if text is not None else []
    steps = trace(tokenizer, word) if word is not None else []
    if html:
        write_text(html, to_page(tokens, name, steps, word or ""))
    if as_json:
        _print_json(name, tokens, steps)
        return
    console = Console(highlight=False)
    if text is not None:
        _print_tokens(console, tokens)
    if word is not None:
        _print_trace(console, steps, word)


def _print_tokens(console: Console, tokens: list[Token]) -> None:
    """Print tokens with their ids below, and their count."""
    for row in _rows(tokens, console.width):
        above, below = Text(), Text()
        for place, token in row:
            width = _width(token)
            above.append_text(_padded(_token(token.data, place), width))
            below.append(f"{token.id:<{width}} ", FAINT)
        console.print(above, no_wrap=True, overflow="ignore", crop=False)
        console.print(below, no_wrap=True, overflow="ignore", crop=False)
    size = sum(len(token.data) for token in tokens)
    rate = f", {size / len(tokens):.2f} bytes per token" if tokens else ""
    console.print(f"\n{len(tokens):,} tokens, {size:,} bytes{rate}")


def _rows(
    tokens: Iterable[Token], width: int
) -> Iterator[list[tuple[int, Token]]]:
    """Yield numbered tokens by rows that fit, or end where a line does."""
    row: list[tuple[int, Token]] = []
    used = 0
    for place, token in enumerate(tokens):
        if row and used + _width(token) > width:
            yield row
            row, used = [], 0
        row.append((place, token))
        used += _width(token) + 1
        if token.data.endswith(b"\n"):
            yield row
            row, used = [], 0
    if row:
        yield row


def _width(token: Token) -> int:
    return max(cell_len(show(token.data)), len(str(token.id)))


def _padded(text: Text, width: int) -> Text:
    text.append(" " * (width + 1 - cell_len(text.plain)))
    return text


def _token(data: bytes, place: int) -> Text:
    """Return a token in the colour of its place."""
    paper = COLOURS[place % len(COLOURS)]
    text = Text()
    for stretch in stretches(data):
        ink = FAINT if stretch.mark else INK
        text.append(stretch.shown, f"{ink} on {paper}")
    return text


def _print_trace(console: Console, steps: list[Step], word: str) -> None:
    """Print the merges of a word, a line each."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for title in ("rank", "id"):
        table.add_column(title, justify="right")
    table.add_column("makes")
    table.add_column("pieces", overflow="fold")
    for step in steps:
        pieces = Text(" ").join(
            _token(piece, place) for place, piece in enumerate(step.pieces)
        )
        makes = Text(show(step.made))
        table.add_row(f"{step.rank:,}", f"{step.id:,}", makes, pieces)
    shown = show(word.encode())
    console.print(f"\n{shown}: {len(steps)} merges", markup=False)
    console.print(table)


def _print_json(name: str, tokens: list[Token], steps: list[Step]) -> None:
    report = {
        "tokenizer": name,
        "tokens": [
            {
                "id": token.id,
                "bytes": token.data.hex(),
                "text": token.data.decode(errors="replace"),
            }
            for token in tokens
        ],
        "trace": [
            {
                "rank": step.rank,
                "id": step.id,
                "pieces": [
                    piece.decode(errors="replace") for piece in step.pieces
                ],
            }
            for step in steps
        ],
    }
    click.echo(json.dumps(report, indent=2, ensure_ascii=False))
