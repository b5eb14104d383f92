"""Chapter 1: the map."""

from collections.abc import Sequence
from typing import Any

from octavo.book.drawing import (
    INK,
    PAPER,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

LEFT, ROW, GAP = 56.0, 26.0, 1.0
Shares = Sequence[tuple[str, float]]


def forming(line: dict[str, Any]) -> str:
    """Draw the largest shares after each block, as parts of a bar.

    `line` is a record of `benchmarks/line.py`.
    """
    depths: Sequence[Shares] = line["depths"]
    came = line["tokens"][-1]
    sheet = Drawing(height=ROW * len(depths) - 6)
    for depth, shares in enumerate(depths):
        top = depth * ROW
        name = f"block {depth}" if depth else "embedding"
        sheet.words(name, LEFT - 8, top + 13, align="right")
        left = LEFT
        for token, share in shares:
            width = share * (WIDTH - LEFT)
            _share(sheet, token, left, top, width, token == came)
            left += width
        sheet.frame(LEFT, top, WIDTH - LEFT, 20)
    return sheet.typst()


def _share(
    sheet: Drawing, token: str, x: float, y: float, width: float,
    came: bool,
) -> None:  # fmt: skip
    """Draw one token's share, with its name if there is room."""
    seen = token.replace(" ", "\u2423")
    fill, colour = (RED, PAPER) if came else (SHADE, INK)
    sheet.box(x, y, max(width - GAP, 0.5), 20, fill)
    if width > 5 * len(seen) + 2:
        sheet.words(
            seen, x + width / 2, y + 13.5, size=9, colour=colour, mono=True
        )
