"""Chapter 7: the block and the whole transformer."""

import math
from collections.abc import Mapping, Sequence

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import (
    BLUE,
    CELL,
    FAINT,
    GOLD,
    INK,
    PAPER,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

PARTS = (("table", GOLD), ("attention", RED), ("networks", BLUE))


def block() -> str:
    """Draw a block: the stream, and the two ways that branch off."""
    sheet = Drawing(height=112)
    high, low = 22.0, 76.0
    sheet.line([(0, high), (WIDTH - 4, high)], INK, 2.2)
    sheet.words("the stream, a vector for each token", 0, high - 12,
                align="left", colour=FAINT)  # fmt: skip
    for left, name, colour, below in (
        (24, "attention", RED, "tokens exchange"),
        (186, "network", BLUE, "each token thinks"),
    ):
        end = left + 116
        sheet.flow((left, high), (left, low), (left + 12, low))
        _part(sheet, "norm", left + 14, low, 32, SHADE, INK)
        sheet.flow((left + 46, low), (left + 56, low))
        _part(sheet, name, left + 58, low, 46, colour, PAPER)
        sheet.flow((left + 104, low), (end, low), (end, high + 8))
        _plus(sheet, end, high)
        sheet.words(below, (left + end) / 2, low + 30, colour=FAINT)
    sheet.flow((WIDTH - 12, high), (WIDTH, high), colour=INK)
    return sheet.typst()


def _part(
    sheet: Drawing,
    name: str,
    x: float,
    y: float,
    width: float,
    fill: str,
    colour: str,
) -> None:
    """Draw a part of a block, its middle at a height."""
    sheet.box(x, y - 12, width, 24, fill)
    sheet.words(name, x + width / 2, y + 3, colour=colour)


def _plus(sheet: Drawing, x: float, y: float) -> None:
    """Draw where something is added."""
    ring = f'circle(radius: 7pt, fill: rgb("{PAPER}"), stroke: 0.9pt)'
    sheet.put(x - 7, y - 7, ring)
    sheet.line([(x - 4, y), (x + 4, y)], INK, 0.9)
    sheet.line([(x, y - 4), (x, y + 4)], INK, 0.9)


def gate(
    gate: Sequence[float],
    opened: Sequence[float],
    up: Sequence[float],
    inside: Sequence[float],
) -> str:
    """Draw the function that opens gates, and three numbers' way."""
    sheet = Drawing(height=136)
    chart = Chart(sheet=sheet, left=22, top=16, width=134, height=92,
                  x=Scale(-4, 4), y=Scale(-1, 4))  # fmt: skip
    numbers = [step / 10 for step in range(-40, 41)]
    chart.line([(z, z / (1 + math.exp(-z))) for z in numbers])
    for z, one in zip(gate, opened, strict=True):
        chart.dot(z, one, RED, 2.6)
    chart.scales({-4: "\u22124", -2: "\u22122", 0: "0", 2: "2", 4: "4"},
                 {0: "0", 2: "2", 4: "4"}, "the gate",
                 "silu of it")  # fmt: skip
    left, top = 192.0, 24.0
    rows = (("gate", gate, 0, BLUE), ("opened", opened, 2, RED),
            ("up", up, 0, BLUE), ("product", inside, 2, RED))  # fmt: skip
    for number, (name, values, places, colour) in enumerate(rows):
        y = top + number * (CELL + 2)
        sheet.words(name, left + 34, y + 15, align="right", colour=FAINT)
        sheet.matrix([[*values]], left + 42, y, colour=colour,
                     places=places)  # fmt: skip
    return sheet.typst()


def shares(shapes: Mapping[str, Mapping[str, float]]) -> str:
    """Draw where the numbers of some models are."""
    left, row = 96.0, 30.0
    length = WIDTH - left - 52
    sheet = Drawing(height=18 + row * len(shapes))
    for number, (name, parts) in enumerate(shapes.items()):
        y, x = 18 + number * row, left
        sheet.words(name, left - 8, y + 13, align="right")
        for part, colour in PARTS:
            width = length * parts[part]
            sheet.box(x, y, width, 20, colour)
            if width > 24:
                said = f"{parts[part]:.0%}"
                sheet.words(said, x + width / 2, y + 13, colour=PAPER)
            x += width
        millions = parts["total"] / 1e6
        total = f"{millions:,.{0 if millions > 100 else 1}f}M"
        sheet.words(total, WIDTH, y + 13, align="right", colour=FAINT)
    for number, (part, colour) in enumerate(PARTS):
        x = left + number * length / len(PARTS)
        sheet.words(part, x, 10, align="left", colour=colour)
    return sheet.typst()


def growth(as_is: Sequence[float], plain: Sequence[float]) -> str:
    """Draw the stream's size behind each block, two ways begun."""
    high = math.ceil(max(*as_is, *plain))
    sheet = Drawing(height=150)
    chart = Chart(sheet=sheet, left=22, top=14, width=WIDTH - 110,
                  height=106, x=Scale(0, len(plain)),
                  y=Scale(0, high))  # fmt: skip
    blocks = len(plain)
    chart.scales(
        {float(n): f"{n}" for n in (0, blocks // 2, blocks)},
        {float(n): f"{n}" for n in range(0, high + 1, 2)},
        "blocks passed",
        "size of the stream",
    )
    for name, sizes, colour in (
        ("all drawn alike", plain, RED),
        ("as in the library", as_is, BLUE),
    ):
        points = list(enumerate(sizes, start=1))
        chart.line(points, colour)
        chart.words(name, *points[-1], colour=colour)
    return sheet.typst()
