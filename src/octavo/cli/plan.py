"""`octavo plan`: what a run would take and bring, before it is made."""

import json
from typing import Any

import click
from rich.table import Table

from octavo.cli.live import Live, candidates_table
from octavo.cli.tables import plain_table, print_table
from octavo.cli.wishing import wish_options
from octavo.training import Plan, Wish, plan_run


@click.command
@wish_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line.")
def command(as_json: bool, **asked: Any) -> None:
    """Say what a run would be, take and bring; train nothing.

    Takes what `octavo train` takes, and plans as it would: --corpus, and
    --minutes, or --size and --tokens.
    """
    if asked["corpus"] is None:
        raise click.UsageError("give --corpus (octavo corpus list)")
    with Live() as live:
        plan = plan_run(Wish(**asked), live)
    if as_json:
        click.echo(json.dumps(plan.as_dict()))
        return
    click.echo("\n".join(plan.lines()))
    if plan.candidates:
        click.echo("\nThe sizes that were weighed:")
        print_table(candidates_table(plan))
    click.echo("\nWhat it takes and brings:")
    print_table(forecast_table(plan))


def forecast_table(plan: Plan) -> Table:
    """Return time, memory and loss."""
    assert plan.times is not None
    table = plain_table("", "expected", "of which")
    t = plan.times
    parts = (
        f"start {t.starting:.0f} s, steps {t.steps:.0f} s, "
        f"looks {t.looks:.0f} s, judging {t.judging:.0f} s"
    )
    table.add_row("time", f"{t.total / 60:.1f} minutes", parts)
    if plan.memory is None:
        size, what = "unknown", "only PyTorch's on the CPU is predicted"
    else:
        size = f"{plan.memory / 1e9:.2f} GB"
        what = "predicted peak of the whole program"
    table.add_row("memory", size, what)
    table.add_row("loss", f"{plan.bits_per_byte:.2f} bits per byte")
    return table
