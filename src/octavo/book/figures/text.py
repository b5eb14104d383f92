"""Chapter 3: text."""

from collections.abc import Iterable, Sequence
from typing import Any

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import (
    BLUE,
    FAINT,
    HAIR,
    INK,
    PAPER,
    RED,
    SHADE,
    WIDTH,
    Drawing,
    quoted,
)

Words = Sequence[tuple[str, int]]
MARKS = (INK, BLUE, RED)  # the same, alike by the key, different
FILLS = {"train": SHADE, "held": RED, "leak": PAPER}
SPINE, BETWEEN, GAP = 88.0, 18.0, 0.7


def pages(left: Sequence[Words], right: Sequence[Words]) -> str:
    """Draw the same lines in two editions, side by side."""
    sheet = Drawing(height=14.0 * len(left) + 20)
    sheet.words("1623", 0, 9, colour=FAINT, align="left")
    sheet.words("modern", WIDTH / 2 + 6, 9, colour=FAINT, align="left")
    for number, lines in enumerate(zip(left, right, strict=True)):
        y = 28 + 14.0 * number
        for x, line in zip((0, WIDTH / 2 + 6), lines, strict=True):
            _line(sheet, line, x, y)
    return sheet.typst()


def _line(sheet: Drawing, words: Words, x: float, y: float) -> None:
    """Write a line whose words have colours."""
    pieces = [
        f'text(fill: rgb("{MARKS[kind]}"), {quoted(word)})'
        for word, kind in words
    ]
    line = f"text(size: 8pt, {' + [ ] + '.join(pieces)})"
    curly = line.replace("'", "\u2019")
    sheet.put(x, y, f'words("left", {curly})')


def lengths(
    at: Sequence[float],
    same: Sequence[float],
    spelled: Sequence[float],
    different: Sequence[float],
) -> str:
    """Draw how much is shared, by the length of the runs."""
    sheet = Drawing(height=158)
    chart = Chart(
        sheet=sheet,
        left=50,
        top=16,
        width=230,
        height=110,
        x=Scale(1, 12),
        y=Scale(0, 1),
    )
    chart.scales(
        {n: f"{n:g}" for n in at},
        {0: "0", 0.5: "0.5", 1: "1"},
        "words in a run",
        "shared",
    )
    for name, values, colour, place in (
        ("one play, by its keys", same, BLUE, 4),
        ("one play, as printed", spelled, INK, 4),
        ("two plays", different, RED, 2),
    ):
        chart.line(list(zip(at, values, strict=True)), colour)
        x, y = at[place], values[place]
        chart.words(name, x, y, colour=colour, dx=3, dy=-5)
    return sheet.typst()


def shelves(
    upper: Sequence[dict[str, Any]], lower: Sequence[dict[str, Any]]
) -> str:
    """Draw two rows of books, each as thick as its work is long."""
    sheet = Drawing(height=2 * SPINE + BETWEEN + 2)
    room = WIDTH - GAP * len(upper)
    scale = room / sum(one["size"] for one in upper)
    for row, top in ((upper, 0.0), (lower, SPINE + BETWEEN)):
        _shelf(sheet, row, top, scale)
    return sheet.typst()


def _shelf(
    sheet: Drawing,
    row: Iterable[dict[str, Any]],
    top: float,
    scale: float,
) -> None:
    """Draw a row of spines, and the board that they stand on."""
    x, end = 0.0, top + SPINE
    for one in row:
        width = one["size"] * scale
        kind = one["kind"]
        size = f"width: {width:.2f}pt, height: {SPINE}pt"
        edge = f'stroke: {HAIR}pt + rgb("{FAINT}")'
        fill = f'fill: rgb("{FILLS[kind]}")'
        sheet.put(x, top, f"rect({size}, {fill}, {edge})")
        if width > 5:
            colour = PAPER if kind == "held" else INK
            words = (
                f'text(6pt, fill: rgb("{colour}"), {quoted(one["name"])})'
            )
            turned = f"rotate(-90deg, origin: top + left, {words})"
            sheet.put(x + width / 2 - 2, end - 4, turned)
        x += width + GAP
    sheet.line([(0, end + 1), (WIDTH, end + 1)], INK, 1)
