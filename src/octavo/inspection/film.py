"""How attention sharpens, drawn: all moments on a sheet, or one by one.

Lengths are in points. Shapes: M moments, C chosen heads, L layers, H heads,
T time.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from octavo.foundation.drawing import (
    FAINT,
    INK,
    drawing,
    write_animation,
)
from octavo.inspection.evolution import Evolution, tokens_looked_at
from octavo.inspection.pictures import (
    HOW_TO_READ,
    LEADING,
    MARGIN,
    TITLE,
    Weights,
    blank_sheet,
    draw_triangle,
    labelled_width,
    wrapped,
    write,
    write_caption,
    write_labels,
)

ON_SHEET, IN_FILM = 8, 4  # heads
PANEL, PITCH = 58.0, 64.0  # of the sheet
LEFT, TOP = 62.0, 44.0
FILM_CELL, FILM_ACROSS = 10.0, 2
MILLISECONDS, LAST_MILLISECONDS = 700, 3000
HOW_TO_COUNT = (
    "The number: among how many tokens a look is spread, on average."
)


def chosen_heads(weights: Weights, most: int) -> list[tuple[int, int]]:
    """Return the (layer, head) whose look narrowed most, in reading order.

    `weights` is (M, L, H, T, T). Narrowed: how many times fewer tokens it
    looks at in the last moment than in the first.
    """
    first, last = tokens_looked_at(weights[[0, -1]])
    order = np.argsort((last / first).ravel(), kind="stable")[:most]
    num_heads = first.shape[1]
    return [divmod(int(place), num_heads) for place in np.sort(order)]


def draw_sheet(evolution: Evolution, path: Path) -> None:
    """Draw a row for each moment, a column for each chosen head."""
    heads = chosen_heads(evolution.weights, ON_SHEET)
    width = LEFT + PITCH * len(heads) + MARGIN
    caption = [
        *wrapped(f"“{evolution.sentence.line}”", width - LEFT),
        *wrapped(f"{HOW_TO_READ} {HOW_TO_COUNT}", width - LEFT),
    ]
    bottom = TOP + PITCH * len(evolution.steps)
    height = bottom + LEADING * len(caption) + MARGIN
    with drawing(path, width / 72, height / 72) as figure:
        axes = blank_sheet(figure)
        for row, step in enumerate(evolution.steps):
            y = TOP + row * PITCH + 8
            write(axes, f"step {step:,}", LEFT - 8, y, 8, ha="right")
        for column, place in enumerate(heads):
            _draw_column(axes, evolution, place, LEFT + column * PITCH)
        write_caption(axes, caption, LEFT, bottom)


def _draw_column(
    axes: Axes, evolution: Evolution, place: tuple[int, int], left: float
) -> None:
    """Draw one head at every moment, under its name."""
    layer, head = place
    weights = evolution.weights[:, layer, head]
    write(axes, f"layer {layer + 1}\nhead {head + 1}", left, TOP - 8, 8)
    for row, spread in enumerate(tokens_looked_at(weights)):
        top, right = TOP + row * PITCH, left + PANEL
        cell = PANEL / weights.shape[-1]
        draw_triangle(axes, weights[row], left, top, cell)
        write(axes, f"{spread:.1f}", right, top + 8, 7.5, ha="right")


def draw_film(evolution: Evolution, labels: list[str], path: Path) -> None:
    """Draw the heads that narrowed most as a GIF, moment by moment."""
    heads = chosen_heads(evolution.weights, IN_FILM)
    across = min(FILM_ACROSS, len(heads))
    side = labelled_width(labels, FILM_CELL)
    down = len(labels) * FILM_CELL + 2 * TITLE
    width = 2 * MARGIN + across * side
    height = 3 * TITLE + down * -(-len(heads) // across) + MARGIN

    def frame(moment: int, figure: Figure) -> None:
        axes = blank_sheet(figure)
        _draw_clock(axes, evolution, moment, width - 2 * MARGIN)
        for number, (layer, head) in enumerate(heads):
            row, column = divmod(number, across)
            left, top = MARGIN + column * side, 3 * TITLE + row * down
            title = f"layer {layer + 1}, head {head + 1}"
            write(axes, title, left, top + TITLE - 6, 9)
            weights = evolution.weights[moment, layer, head]
            top += TITLE
            draw_triangle(axes, weights, left, top, FILM_CELL)
            write_labels(axes, labels, left, top, FILM_CELL)

    moments = range(len(evolution.steps))
    frames = [partial(frame, moment) for moment in moments]
    times = [MILLISECONDS for _ in moments[1:]] + [LAST_MILLISECONDS]
    write_animation(path, frames, times, width / 72, height / 72)


def _draw_clock(
    axes: Axes, evolution: Evolution, moment: int, length: float
) -> None:
    """Write the step, above a line that fills as the model learns."""
    step, last = evolution.steps[moment], max(1, evolution.steps[-1])
    write(axes, f"step {step:,}", MARGIN, MARGIN + 10, 11)
    line: dict[str, Any] = {
        "color": FAINT,
        "lw": 0.8,
        "solid_capstyle": "butt",
    }
    y = MARGIN + 20
    axes.plot([MARGIN, MARGIN + length], [y, y], **line)
    done = MARGIN + length * step / last
    axes.plot([MARGIN, done], [y, y], **line | {"color": INK, "lw": 2.4})
