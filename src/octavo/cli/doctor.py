"""`octavo doctor`: what is wrong with a run, and what to try."""

import json
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from octavo.training.doctor import (
    SYMPTOMS,
    Diagnosis,
    Finding,
    Symptom,
    diagnose,
    generic,
    table_in_markdown,
)

WIDEST = 88  # columns that a line of prose takes


@click.command
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--table", is_flag=True, help="Print all that the doctor looks for."
)
@click.option(
    "--markdown", is_flag=True, help="The same table, in Markdown."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    run: Path | None, table: bool, markdown: bool, as_json: bool
) -> None:
    """Read RUN, and say in plain words what is wrong and what to try.

    The run may be finished, stopped, not begun, or at work elsewhere.
    """
    if (run is None) != (table or markdown):
        raise click.UsageError("give a run's folder, or --table")
    if markdown:
        click.echo(table_in_markdown())
    elif run is None:
        print_table(as_json)
    elif as_json:
        click.echo(json.dumps(diagnose(run).as_dict()))
    else:
        print_diagnosis(diagnose(run))


def print_table(as_json: bool) -> None:
    """Print the table, a paragraph for each row."""
    if as_json:
        rows = [row.as_dict() for row in SYMPTOMS]
        click.echo(json.dumps(rows, indent=2))
        return
    for row in SYMPTOMS:
        click.echo("\n".join(paragraph(row, row.see, generic(row.command))))
        click.echo()


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print how a run stands, then what was found, or that all is well."""
    click.echo(click.style(diagnosis.run, bold=True))
    for line in diagnosis.standing:
        click.echo("\n".join(wrapped(line, "  ")))
    click.echo()
    if not diagnosis.findings:
        names = ", ".join(row.name for row in SYMPTOMS)
        click.echo(click.style("Nothing is wrong.", fg="green"))
        click.echo("\n".join(wrapped(f"Looked for: {names}.", "  ")))
    for finding in diagnosis.findings:
        click.echo("\n".join(found(finding)))
        click.echo()


def found(finding: Finding) -> list[str]:
    """Return the lines about a finding."""
    return paragraph(finding.symptom, finding.sign.seen, finding.command)


def paragraph(row: Symptom, seen: str, command: str) -> list[str]:
    """Return a symptom as lines: seen, why, what to try, and how."""
    title = row.name[0].upper() + row.name[1:]
    return [
        click.style(title, bold=True),
        *wrapped(seen, "  seen  "),
        *wrapped(row.cause, "  why   "),
        *wrapped(row.remedy, "  try   "),
        "",
        click.style(f"        {command}", fg="cyan"),
    ]


def wrapped(text: str, label: str) -> Iterator[str]:
    """Yield a text's lines beside its label."""
    yield from textwrap.wrap(
        text,
        min(WIDEST, shutil.get_terminal_size().columns),
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_on_hyphens=False,
    )
