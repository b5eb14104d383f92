"""`octavo book`: makes the book of its chapters and the library."""

import webbrowser
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from octavo.book.building import build
from octavo.book.one_file import one_file
from octavo.book.recordings import list_runs
from octavo.book.running import record, stale
from octavo.book.weaving import read_chapters
from octavo.foundation import UserError, check_known
from octavo.foundation.files import write_text

source_option = click.option(
    "--source",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("book"),
    help="The folder of the chapters.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/book"),
    help="Where the finished book goes.",
)


@click.group
def command() -> None:
    """Make the book: PDF, web pages, notebooks."""


@command.command("build")
@source_option
@out_option
def build_book(source: Path, out: Path) -> None:
    """Write the book; stop at anything in it that is not so."""
    with _bar() as bar:
        task = bar.add_task("", total=None)
        written = build(
            source, out, lambda w: bar.update(task, description=w)
        )
    for path in written:
        click.echo(path)


@command.command("record")
@click.argument("chapter", required=False)
@source_option
def record_runs(chapter: str | None, source: Path) -> None:
    """Run again what CHAPTER shows and what has changed, or all chapters.

    CHAPTER is a file's name without its ending, as in 06-attention; the
    solutions to its exercises go with it.
    """
    chapters = read_chapters(source)
    if chapter:
        names = [one.name for one in chapters]
        check_known("chapter", [chapter], names)
    runs = [
        run
        for run in list_runs(chapters)
        if chapter in (None, *run.chapter.names)
    ]
    again = len(stale(runs))
    with _bar() as bar:
        task = bar.add_task("", total=again)
        bar.start()
        record(
            runs, lambda name: bar.update(task, description=name, advance=1)
        )
    click.echo(f"{again} of {len(runs)} recorded anew")


@command.command("one-file")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("octavo_one.py"),
    help="Where the file goes.",
)
def write_one_file(out: Path) -> None:
    """Write all of it as one file: tokenizer, model, training, writing.

    It needs torch and numpy, and runs by itself: python FILE TEXTFILE.
    """
    write_text(out, one_file())
    click.echo(out)


@command.command("open")
@out_option
def open_book(out: Path) -> None:
    """Show the finished PDF."""
    path = out / "octavo.pdf"
    if not path.exists():
        raise UserError(f"{path} does not exist: run `octavo book build`")
    click.echo(path)
    webbrowser.open(path.resolve().as_uri())


def _bar() -> Progress:
    """Return a progress bar, on a terminal only."""
    console = Console(stderr=True)
    return Progress(
        BarColumn(bar_width=20),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
