"""Chapter 4: tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

from octavo.book.drawing import (
    FAINT,
    GOLD,
    INK,
    PAPER,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

BYTE, ROW, GAP = 28.0, 27.0, 2.0  # a byte's width, a row's height
LETTER = 5.1  # of a whole line
TINT = f"{GOLD}50"  # every other token


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


def cuts(
    line: str, rows: Mapping[str, Sequence[tuple[int, int, bool]]]
) -> str:
    """Draw a line as several tokenizers cut it, with their counts."""
    left = WIDTH - 18 - LETTER * len(line)
    sheet = Drawing(height=ROW * len(rows) - 7)
    for number, (name, pieces) in enumerate(rows.items()):
        top, base = number * ROW, number * ROW + 13
        sheet.words(name, left - 7, base, colour=FAINT, align="right")
        sheet.words(str(len(pieces)), WIDTH, base, align="right")
        for turn, (start, end, known) in enumerate(pieces):
            fill = (SHADE, TINT)[turn % 2] if known else RED
            width = (end - start) * LETTER - 0.7
            sheet.box(left + start * LETTER, top, width, 20, fill)
            colour = INK if known else PAPER
            for place in range(start, end):
                x = left + (place + 0.46) * LETTER
                sheet.words(line[place], x, base, mono=True, size=9.6,
                            colour=colour)  # fmt: skip
    return sheet.typst()
