"""Chapter 4: tokens."""

from collections.abc import Sequence
from typing import Any

from octavo.book.drawing import FAINT, INK, PAPER, RED, SHADE, Drawing

BYTE, ROW, GAP = 28.0, 27.0, 2.0  # a byte's width, a row's height


def merges(steps: Sequence[dict[str, Any]]) -> str:
    """Draw a word after each merge that changes it, its bytes on top."""
    left = 98.0
    sheet = Drawing(height=ROW * len(steps) - 6)
    for row, step in enumerate(steps):
        top = row * ROW
        which = f"merge {step['merge']}" if step["merge"] else "bytes"
        sheet.words(which, left - 10, top + 14, colour=FAINT, align="right")
        _tokens(sheet, step["tokens"], left, top, step.get("made"))
    return sheet.typst()


def _tokens(
    sheet: Drawing,
    tokens: Sequence[str],
    x: float,
    y: float,
    made: int | None,
) -> None:
    """Draw tokens side by side, as wide as their bytes; one is new."""
    for number, token in enumerate(tokens):
        width = BYTE * len(token.encode())
        new = number == made
        sheet.token(
            token,
            x,
            y,
            width - GAP,
            fill=RED if new else SHADE,
            colour=PAPER if new else INK,
        )
        x += width
