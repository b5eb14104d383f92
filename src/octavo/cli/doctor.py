"""`octavo doctor`: what is wrong with a run, and what to try."""

import json
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from octavo.cli.live import Live
from octavo.cli.tables import plain_table, print_table
from octavo.finetuning.recipe import TuningRecipe
from octavo.foundation import UserError
from octavo.foundation.interrupts import stop_requests
from octavo.training import Run
from octavo.training.doctor import (
    SYMPTOMS,
    Diagnosis,
    Symptom,
    diagnose,
    generic,
    table_in_markdown,
)
from octavo.training.doctor.sweep import steps_for, sweep
from octavo.training.doctor.sweep_chart import draw_sweep
from octavo.training.doctor.trials import PICTURE, Sweep

WIDEST = 88  # columns that a line of prose takes
SWEEP_COLUMNS = ("matrices", "all else", "bits per byte")


@click.command
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--table", is_flag=True, help="Print all that the doctor looks for."
)
@click.option(
    "--markdown", is_flag=True, help="The same table, in Markdown."
)
@click.option(
    "--sweep",
    "sweeping",
    is_flag=True,
    help="First try nine learning rates, in short trainings.",
)
@click.option(
    "--minutes", type=float, help="What a sweep may take (2, if not given)."
)
@click.option(
    "--tokens", type=int, help="Instead: what each of its trainings reads."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    run: Path | None,
    table: bool,
    markdown: bool,
    sweeping: bool,
    minutes: float | None,
    tokens: int | None,
    as_json: bool,
) -> None:
    """Read RUN, and say in plain words what is wrong and what to try.

    The run may be finished, stopped, not begun, or at work elsewhere. A
    sweep leaves it alone, and puts sweep.png beside it.
    """
    if (run is None) != (table or markdown):
        raise click.UsageError("give a run's folder, or --table")
    if not sweeping and (minutes, tokens) != (None, None):
        raise click.UsageError("--minutes and --tokens go with --sweep")
    if run is not None:
        require_base(run)
    if run is not None and sweeping:
        found = try_rates(Run.open(run), minutes, tokens)
        if not as_json:
            print_sweep(found, run / PICTURE)
    if markdown:
        click.echo(table_in_markdown())
    elif run is None:
        print_table_of_symptoms(as_json)
    elif as_json:
        click.echo(json.dumps(diagnose(run).as_dict()))
    else:
        print_diagnosis(diagnose(run))


def require_base(run: Path) -> None:
    """Raise UserError for a fine-tuned run, whose losses mean another."""
    if (run / TuningRecipe.FILE).is_file():
        base = TuningRecipe.load(run / TuningRecipe.FILE).tuning.base
        raise UserError(
            f"{run} was fine-tuned, and the doctor knows only what octavo "
            f"train makes: see its samples.md and loss.png, or ask the "
            f"doctor about its base, {base}"
        )


def try_rates(run: Run, minutes: float | None, tokens: int | None) -> Sweep:
    """Sweep, with a progress bar; keep what was found, and its picture."""
    with Live() as live, stop_requests() as stop:
        steps = steps_for(run, minutes, tokens)
        found = sweep(run, steps, live, stop)
        if stop():
            live.noted(f"Stopped after {len(found.trials)} rates.")
    found.save(run.folder)
    draw_sweep(run, found, run.folder / PICTURE)
    return found


def print_sweep(found: Sweep, picture: Path) -> None:
    """Print each rate and how it did, and where the picture is."""
    click.echo(f"Short trainings, on {found.tokens:,} tokens each:\n")
    table = plain_table(*SWEEP_COLUMNS, "", numbers=SWEEP_COLUMNS)
    for trial in found.trials:
        bits, marks = trial.bits_per_byte, []
        if trial.times == 1:
            marks.append("the recipe's")
        if trial.times == found.best:
            marks.append("best")
        table.add_row(
            f"{trial.times * found.matrix_rate:.2g}",
            f"{trial.times * found.other_rate:.2g}",
            "no number" if bits is None else f"{bits:.3f}",
            ", ".join(marks),
        )
    print_table(table)
    click.echo(f"\n{found.verdict}\nIts curve: {picture}\n")


def print_table_of_symptoms(as_json: bool) -> None:
    """Print the table, a paragraph for each row."""
    if as_json:
        rows = [row.as_dict() for row in SYMPTOMS]
        click.echo(json.dumps(rows, indent=2))
        return
    for row in SYMPTOMS:
        print_paragraph(row, row.see, generic(row.command))


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print how a run stands, then what was found, or that all is well."""
    click.echo(click.style(diagnosis.run, bold=True))
    for line in diagnosis.standing:
        click.echo("\n".join(wrapped(line, "  ")))
    click.echo()
    if not diagnosis.findings:
        names = ", ".join(row.name for row in SYMPTOMS)
        click.echo(click.style("Nothing wrong was found.", fg="green"))
        click.echo("\n".join(wrapped(f"Looked for: {names}.", "  ")))
    for each in diagnosis.findings:
        print_paragraph(each.symptom, each.sign.seen, each.command)


def print_paragraph(row: Symptom, seen: str, command: str) -> None:
    """Print a symptom: what is seen, why, what to try, and how."""
    title = row.name[0].upper() + row.name[1:]
    lines = [
        click.style(title, bold=True),
        *wrapped(seen, "  seen  "),
        *wrapped(row.cause, "  why   "),
        *wrapped(row.remedy, "  try   "),
        "",
        click.style(f"        {command}", fg="cyan"),
        "",
    ]
    click.echo("\n".join(lines))


def wrapped(text: str, label: str) -> Iterator[str]:
    """Yield a text's lines beside its label."""
    yield from textwrap.wrap(
        text,
        min(WIDEST, shutil.get_terminal_size().columns),
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_on_hyphens=False,
    )
