"""Tables for people: few lines, and whole wherever they are printed."""

import sys

from rich.console import Console
from rich.table import Table

FAR = 10_000  # columns of a pipe, so that nothing is wrapped or cut


def plain_table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """Return an empty table; columns of `numbers` stand to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in columns:
        justify = "right" if column in numbers else "left"
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    return table


def print_table(table: Table) -> None:
    """Print a table: to the width of a terminal, whole to a pipe."""
    width = None if sys.stdout.isatty() else FAR
    Console(width=width, highlight=False).print(table)
