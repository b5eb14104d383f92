"""How attention sharpens, drawn: all moments on a sheet, or one by one.

Shapes: M moments, C chosen heads, L layers, H heads, T time.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from octavo.foundation.drawing import FAINT, INK, animation, drawing
from octavo.inspection.evolution import Evolution, tokens_looked_at
from octavo.inspection.pictures import (
    HOW_TO_READ,
    LABEL,
    POINTS,
    Weights,
    blank_sheet,
    draw_triangle,
    overhang,
    wrapped,
    write,
    write_labels,
)

Head = tuple[int, int]

ON_SHEET, IN_FILM = 8, 4  # heads
SHEET_PANEL = 58.0  # points
FILM_CELL = 9.0
MILLISECONDS, AT_THE_END = 700, 3000


def chosen_heads(weights: Weights, most: int) -> list[Head]:
    """Return the heads whose look narrowed most, in reading order.

    `weights` is (M, L, H, T, T). Narrowing is how many times fewer tokens
    a head looks at in the last moment than in the first.
    """
    first, last = tokens_looked_at(weights[[0, -1]])
    order = np.argsort(last / first, axis=None, kind="stable")[:most]
    places = zip(*np.unravel_index(np.sort(order), first.shape), strict=True)
    return [(int(layer), int(head)) for layer, head in places]


def draw_sheet(evolution: Evolution, path: Path) -> None:
    """Draw a row for each moment, a column for each chosen head."""
    weights = evolution.weights.float().numpy()
    heads = chosen_heads(weights, ON_SHEET)
    moments, time = len(weights), weights.shape[-1]
    cell = SHEET_PANEL / time
    pitch, left, top = 1.12 * time, 56 / cell, 34 / cell
    width = left + pitch * len(heads) + 10 / cell
    text = " ".join(evolution.sentence.text.split())
    caption = [
        *wrapped(f"“{text}”", width, cell),
        *wrapped(f"{HOW_TO_READ} {HOW_TO_COUNT}", width, cell),
    ]
    bottom = top + pitch * moments
    height = bottom + (12 * len(caption) + 14) / cell
    inches = np.array([width, height]) * cell / POINTS
    with drawing(path, *inches) as figure:
        axes = blank_sheet(figure, cell)
        for column, (layer, head) in enumerate(heads):
            x = left + column * pitch
            name = f"layer {layer + 1}\nhead {head + 1}"
            write(axes, name, x, top - 6 / cell, 8)
            for row, spread in enumerate(
                tokens_looked_at(weights[:, layer, head])
            ):
                y = top + row * pitch
                draw_triangle(axes, weights[row, layer, head], x, y)
                count = f"{spread:.1f}"
                write(
                    axes, count, x + time, y + 8 / cell, 7, ha="right"
                )
        for row, step in enumerate(evolution.steps):
            y = top + row * pitch + 8 / cell
            write(axes, f"step {step:,}", left - 8 / cell, y, 8, ha="right")
        write(
            axes, "\n".join(caption), left, bottom + 4 / cell, 8, va="top"
        )
