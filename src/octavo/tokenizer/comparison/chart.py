"""The picture of a comparison: one line of dots for each tokenizer."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, PercentFormatter

from octavo.foundation.drawing import (
    BLUE,
    FAINT,
    GOLD,
    INK,
    PAPER,
    RED,
    drawing,
)
from octavo.tokenizer.comparison.compare import Comparison, Row
from octavo.tokenizer.comparison.report import others_unknown

MARKS = "oDs^v"  # a shape and a colour for each text
COLOURS = (INK, BLUE, GOLD, RED, FAINT)


def draw_comparison(comparison: Comparison, path: Path) -> None:
    """Draw bytes per token, and beside it the share that is unknown."""
    rows = [row for row in comparison.rows if not row.missing]
    names = [sample.name for sample in comparison.samples]
    with drawing(path, 9.0, 1.9 + 0.36 * len(rows)) as figure:
        left, right = figure.subplots(
            1, 2, sharey=True, width_ratios=[2.4, 1]
        )
        _draw_rates(left, rows, names)
        _draw_unknown(right, rows, names[0])
        left.set_yticks(range(len(rows)), [_label(row) for row in rows])
        left.set_ylim(len(rows) - 0.4, -0.6)
        figure.legend(
            handles=left.get_legend_handles_labels()[0],
            loc="outside lower center",
            ncols=len(names),
            frameon=False,
        )


def _draw_rates(
    axes: Axes, rows: Sequence[Row], names: Sequence[str]
) -> None:
    """Draw a dot for each text; a hollow one where pieces are unknown."""
    for place, row in enumerate(rows):
        found = row.bytes_per_token.values()
        axes.plot(
            [min(found), max(found)], [place] * 2, color=FAINT, lw=0.6
        )
    for name, mark, colour in zip(names, MARKS, COLOURS, strict=False):
        rates = [row.bytes_per_token[name] for row in rows]
        filled = [PAPER if row.unknown[name] else colour for row in rows]
        axes.scatter(
            rates,
            range(len(rows)),
            s=42,
            marker=mark,
            c=filled,
            edgecolors=colour,
            linewidths=1.3,
            zorder=2,
        )
        axes.scatter([], [], s=42, marker=mark, color=colour, label=name)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title("Bytes per token")
    axes.set_xlabel("hollow: some of it is unknown, and lost")
    axes.tick_params(axis="y", length=0)


def _draw_unknown(axes: Axes, rows: Sequence[Row], held_out: str) -> None:
    """Draw the share of unknown tokens in held-out and other texts."""
    places = range(len(rows))
    axes.barh(
        [place + 0.17 for place in places],
        [others_unknown(row, held_out) for row in rows],
        height=0.3,
        color=RED,
        label="other texts",
    )
    axes.barh(
        [place - 0.17 for place in places],
        [row.unknown[held_out] for row in rows],
        height=0.3,
        color=INK,
        label=held_out,
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlim(0, 1)
    axes.set_title("Unknown")
    axes.set_xlabel("share of tokens")
    axes.legend(frameon=False, loc="lower right", reverse=True)
    axes.tick_params(axis="y", length=0)


def _label(row: Row) -> str:
    return f"{row.name}  {row.vocab_size:,}"
