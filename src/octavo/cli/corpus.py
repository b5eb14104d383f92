"""`octavo corpus`: list, fetch and look at corpora."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from octavo.cli.tables import plain_table, print_table
from octavo.foundation import check_known
from octavo.text.catalogue import CATALOGUE
from octavo.text.corpus import load_corpus
from octavo.text.fetching import fetch, is_cached
from octavo.text.summary import list_catalogue, summarise

MOST_NAMED = 60  # documents in one table; --json tells all
MOST_LISTED = 5
COUNTS = ("documents", "bytes", "characters")

from_file_option = click.option(
    "--from",
    "from_file",
    type=click.Path(path_type=Path),
    help="A copy of the download at hand, instead of the network.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs."
)


@click.group()
def command() -> None:
    """List, fetch and look at corpora."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the corpora known by name."""
    rows = list_catalogue()
    if as_json:
        _print_json(rows)
        return
    table = plain_table(
        "name", "what", "MB", "held out", "cached", numbers=("MB",)
    )
    for row in rows:
        table.add_row(
            row["name"],
            row["title"],
            f"{row['bytes'] / 1e6:.2f}",
            _listed(row["held_out"]),
            "yes" if row["cached"] else "no",
        )
    print_table(table)


@command.command("fetch")
@click.argument("name")
@from_file_option
def fetch_(name: str, from_file: Path | None) -> None:
    """Fetch a corpus into the cache, so that it is there offline."""
    check_known("corpus", [name], CATALOGUE)
    download = CATALOGUE[name].download
    if from_file is None and not is_cached(download):
        size = download.size / 1e6
        click.echo(
            f"fetching {download.file_name} ({size:.1f} MB)", err=True
        )
    fetched = fetch(download, from_file=from_file)
    for note in fetched.notes:
        click.echo(note)
    click.echo(f"{name} is at {fetched.path}")


@command.command("show")
@click.argument("name_or_path")
@click.option(
    "--field",
    default="text",
    show_default=True,
    help="The field of .jsonl lines that holds the text.",
)
@from_file_option
@json_option
def show(
    name_or_path: str, field: str, from_file: Path | None, as_json: bool
) -> None:
    """Show what a corpus holds, how it is split, what was mended."""
    corpus = load_corpus(name_or_path, field=field, from_file=from_file)
    summary = summarise(corpus)
    if as_json:
        _print_json(summary)
    else:
        _print_summary(summary)


def _print_summary(summary: dict[str, Any]) -> None:
    """Print a corpus for people: counts, documents, notes, a sample."""
    click.echo(f"{summary['name']}: {summary['title']}")
    click.echo(f"from {summary['source']}")
    click.echo(f"fingerprint {summary['fingerprint']}\n")
    parts = {"train": summary["train"], "held out": summary["held_out"]}
    print_table(_counts(parts))
    for part, measured in parts.items():
        names = [row["name"] for row in measured["names"]]
        more = len(names) - MOST_NAMED
        rest = f", and {more:,} more (--json names all)" * (more > 0)
        click.echo(f"\n{part}: {', '.join(names[:MOST_NAMED])}{rest}")
    click.echo("\nnotes:")
    for note in summary["notes"]:
        click.echo(f"- {note}")
    click.echo(f"\nit begins:\n\n{summary['sample']}")


def _counts(parts: dict[str, dict[str, Any]]) -> Table:
    """Return the table of both parts' sizes."""
    table = plain_table("part", *COUNTS, numbers=COUNTS)
    for part, measured in parts.items():
        table.add_row(
            part,
            f"{measured['documents']:,}",
            f"{measured['bytes']:,}",
            f"{measured['characters']:,}",
        )
    return table


def _listed(names: list[str]) -> str:
    """List names, or the first and last of many."""
    short = f"{names[0]} to {names[-1]}"
    return ", ".join(names) if len(names) <= MOST_LISTED else short


def _print_json(content: object) -> None:
    """Print JSON that people can read too."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))
