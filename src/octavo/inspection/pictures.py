"""Attention drawn: a triangle of squares for each head of each layer.

A row is a token that looks; the squares in it stand under what it looks at.
A square's area is the weight, so the squares of a row, put together, fill
exactly one cell. Later tokens are hidden from earlier ones: that empty half
carries the tokens, written down the diagonal, where a token's own row and
column meet.

All lengths are in cells, from the upper left corner of the sheet.
Shapes: L layers, H heads, T time.
"""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from octavo.foundation.drawing import BLUE, FAINT, INK, RED, drawing

Weights = NDArray[np.floating]

SHADE = "#f1ede2"  # the cells, a shade darker than the paper
MUCH = 0.5  # a square of more than this share of a look is red
DUST = 0.001  # smaller ones than this could not be seen
POINTS = 72  # in an inch
CELL, LARGEST_CELL, SMALL_PANEL = 10.0, 20.0, 160.0  # points
LETTER = 0.47  # how wide one is, at LABEL's size
LABEL = 0.75  # the size of a label
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
    across, down = time + overhang(labels) + 1.5, time + 3.0
    width = 1 + heads * across
    caption = wrapped(HOW_TO_READ, width, cell)
    top = 1.5 + 1.2 * len(caption) * CELL / cell
    inches = np.array([width, top + layers * down]) * cell / POINTS
    with drawing(path, *inches) as figure:
        axes = blank_sheet(figure, cell)
        write(axes, "\n".join(caption), 1, 1, 8.5, va="top")
        for layer in range(layers):
            for head in range(heads):
                left, upper = 1 + head * across, top + layer * down + 1.2
                title = f"layer {layer + 1}, head {head + 1}"
                write(axes, title, left, upper - 0.5, 9)
                draw_triangle(axes, weights[layer, head], left, upper)
                write_labels(axes, labels, left, upper, cell * LABEL)


def blank_sheet(figure: Figure, cell: float) -> Axes:
    """Return axes over a whole figure, in cells of so many points."""
    width, height = figure.get_size_inches() * POINTS / cell
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return axes


def draw_triangle(
    axes: Axes, weights: Weights, left: float, top: float
) -> None:
    """Draw one head's (T, T) weights."""
    seen = np.where(weights > DUST, weights, 0)
    for outline, color in (
        (staircase(len(weights)), SHADE),
        (squares(np.where(seen > MUCH, 0, seen)), BLUE),
        (squares(np.where(seen > MUCH, seen, 0)), RED),
    ):
        place = Outline(outline.vertices + (left, top), outline.codes)
        axes.add_patch(PathPatch(place, facecolor=color, lw=0))


def write_labels(
    axes: Axes,
    labels: Sequence[str],
    left: float,
    top: float,
    size: float,
) -> None:
    """Write the tokens down the diagonal of a triangle."""
    for row, name in enumerate(labels):
        write(axes, name, left + row + 1.3, top + row + 0.78, size)


def write(
    axes: Axes,
    text: str,
    left: float,
    baseline: float,
    size: float,
    **more: object,
) -> None:
    """Write text, in points; a dollar sign in it is no formula."""
    axes.text(
        left,
        baseline,
        text,
        fontsize=size,
        parse_math=False,
        **more,  # type: ignore[arg-type]
    )


def overhang(labels: Sequence[str]) -> float:
    """Return how far the labels reach beyond the triangle, in cells."""
    beyond = [
        LETTER * len(name) + row + 1.3 - len(labels)
        for row, name in enumerate(labels)
    ]
    return max(0.0, *beyond)


def wrapped(text: str, width: float, cell: float) -> list[str]:
    """Break a caption into lines that fit a width in cells."""
    return textwrap.wrap(text, max(20, int((width - 2) * cell / 4.6)))


def staircase(time: int) -> Outline:
    """Return the outline of the cells that may be looked at."""
    corners = [(0, 0)]
    for row in range(time):
        corners += [(row + 1, row), (row + 1, row + 1)]
    return Outline([*corners, (0, time), (0, 0)], closed=True)


def squares(weights: Weights) -> Outline:
    """Return a square of each weight's area in its cell, as one outline.

    One outline instead of many keeps an SVG small.
    """
    rows, columns = np.nonzero(weights)
    half = np.sqrt(weights[rows, columns]) / 2
    centres = np.stack([columns, rows], axis=-1) + 0.5
    turns = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    corners = centres[:, None] + half[:, None, None] * turns
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    return Outline(corners.reshape(-1, 2), codes * len(rows))
