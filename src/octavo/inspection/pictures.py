"""Attention drawn: a triangle of squares for each head of each layer.

A row is a token that looks; the squares in it stand under what it looks at.
A square's area is the weight, so the squares of a row, put together, fill
exactly one cell. Later tokens are hidden from earlier ones: that empty half
carries the tokens, written down the diagonal, where a token's own row and
column meet.

Lengths are in points, 72 to an inch, from the sheet's upper left corner.
Shapes: L layers, H heads, T time.
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from octavo.foundation.drawing import BLUE, RED, drawing

Weights = NDArray[np.floating]

SHADE = "#f1ede2"  # the cells, a shade darker than the paper
MUCH = 0.5  # a square of more than this share of a look is red
DUST = 0.001  # smaller ones than this could not be seen
CELL, LARGEST_CELL, SMALL_PANEL = 10.0, 20.0, 160.0
LABEL = 0.75  # a label's size, in cells
LETTER = 0.6  # how wide a wide letter is, in sizes of its label
MARGIN, TITLE = 10.0, 16.0
CAPTION, LEADING, CAPTION_LETTER = 8.5, 12.0, 4.7
HOW_TO_READ = (
    "A row is a token that looks; a square stands under what it looks at, "
    "and its area is how much. The squares of a row fill one cell. Red: "
    "more than half of the look in one place."
)


def draw_attention(
    weights: Weights, labels: Sequence[str], path: Path
) -> None:
    """Draw (L, H, T, T) weights as a grid, a row for each layer."""
    layers, heads, time, _ = weights.shape
    cell = min(LARGEST_CELL, max(CELL, SMALL_PANEL / time))
    across, down = labelled_width(labels, cell), time * cell + 2 * TITLE
    width = MARGIN + heads * across
    caption = wrapped(HOW_TO_READ, width - 2 * MARGIN)
    top = 2 * MARGIN + LEADING * len(caption)
    with drawing(path, width / 72, (top + layers * down) / 72) as figure:
        axes = blank_sheet(figure)
        write_caption(axes, caption, MARGIN, MARGIN)
        for layer, head in np.ndindex(layers, heads):
            left, upper = MARGIN + head * across, top + layer * down
            title = f"layer {layer + 1}, head {head + 1}"
            write(axes, title, left, upper + TITLE - 6, 9)
            draw_triangle(
                axes, weights[layer, head], left, upper + TITLE, cell
            )
            write_labels(axes, labels, left, upper + TITLE, cell)


def blank_sheet(figure: Figure) -> Axes:
    """Return axes over a whole figure whose unit is a point."""
    width, height = figure.get_size_inches() * 72
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return axes


def draw_triangle(
    axes: Axes, weights: Weights, left: float, top: float, cell: float
) -> None:
    """Draw one head's (T, T) weights."""
    seen = np.where(weights > DUST, weights, 0)
    for corners, codes, color in (
        (*staircase(len(weights)), SHADE),
        (*squares(np.where(seen > MUCH, 0, seen)), BLUE),
        (*squares(np.where(seen > MUCH, seen, 0)), RED),
    ):
        # A hundredth of a point is enough, and keeps an SVG small.
        there = np.round(corners * cell + (left, top), 2)
        axes.add_patch(
            PathPatch(Outline(there, codes), facecolor=color, lw=0)
        )


def write_labels(
    axes: Axes, labels: Sequence[str], left: float, top: float, cell: float
) -> None:
    """Write the tokens down the diagonal of a triangle."""
    for row, name in enumerate(labels):
        x, y = left + (row + 1.3) * cell, top + (row + 0.78) * cell
        write(axes, name, x, y, cell * LABEL)


def labelled_width(labels: Sequence[str], cell: float) -> float:
    """Return how wide a triangle with its labels and a gap is."""
    ends = [
        row + 1.3 + LABEL * LETTER * len(name)
        for row, name in enumerate(labels)
    ]
    return max(ends) * cell + MARGIN


def write(
    axes: Axes, text: str, left: float, y: float, size: float, **more: Any
) -> None:
    """Write text on a baseline; a dollar sign in it begins no formula."""
    axes.text(left, y, text, fontsize=size, parse_math=False, **more)


def write_caption(
    axes: Axes, lines: Sequence[str], left: float, top: float
) -> None:
    """Write lines one under the other."""
    for row, line in enumerate(lines, start=1):
        write(axes, line, left, top + row * LEADING - 2, CAPTION)


def wrapped(text: str, width: float) -> list[str]:
    """Break a caption into lines of a width."""
    return textwrap.wrap(text, max(20, int(width / CAPTION_LETTER)))


def staircase(time: int) -> tuple[NDArray[np.float64], list[np.uint8]]:
    """Return the outline of the cells that may be looked at."""
    steps = np.repeat(np.arange(time + 1.0), 2)
    corners = np.stack([steps[1:], steps[:-1]], axis=-1)
    corners = np.vstack([corners, (0, time)])
    codes = [Outline.MOVETO, *[Outline.LINETO] * (len(corners) - 1)]
    return corners, codes


def squares(
    weights: Weights,
) -> tuple[NDArray[np.float64], list[np.uint8]]:
    """Return a square of each weight's area in its cell, as one outline.

    One outline instead of many keeps an SVG small.
    """
    rows, columns = np.nonzero(weights)
    half = np.sqrt(weights[rows, columns]) / 2
    centres = np.stack([columns, rows], axis=-1) + 0.5
    turns = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    corners = centres[:, None] + half[:, None, None] * turns
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    return corners.reshape(-1, 2), codes * len(rows)
