"""Chapter 2: the mathematics you need."""

import math
from collections.abc import Sequence

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import (
    BLUE,
    CELL,
    FAINT,
    GOLD,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Matrix = Sequence[Sequence[float]]
NAMES = ("Two Gentlemen", "As You Like It", "Love's Labour's", "Henry V")


def plays(plays: Matrix) -> str:
    """Draw plays as arrows on a map of two words."""
    chart = _chart(168, Scale(0, 11), Scale(0, 11))
    sheet = chart.sheet
    ticks = {float(n): str(n) for n in (0, 5, 10)}
    chart.scales(ticks, ticks, "love, in a thousand words", "king")
    for name, (x, y) in zip(NAMES, plays, strict=True):
        sheet.flow(chart.at(0, 0), chart.at(x, y))
        chart.words(name, x, y, dx=4, dy=-6)
    return sheet.typst()


def product(unit: Matrix, alike: Matrix) -> str:
    """Draw a matrix, the same one turned, and their product."""
    high, left, top = len(unit) * CELL, 59.0, 20.0
    sheet = Drawing(height=top + high + 2)
    turned = list(zip(*unit, strict=True))
    middle = top + high / 2
    x = left
    for matrix, y, colour, name, sign in (
        (unit, top, BLUE, "plays", "times"),
        (turned, middle - CELL, GOLD, "plays, turned", "="),
        (alike, top, RED, "every play with every play", ""),
    ):
        sheet.matrix(matrix, x, y, colour=colour, places=2)
        width = len(matrix[0]) * CELL
        sheet.words(name, x + width / 2, y - 7, colour=FAINT)
        x += width + 16
        if sign:
            sheet.formula(sign, x - 8, middle + 3)
    for row, name in enumerate(NAMES):
        y = top + row * CELL + CELL / 2 + 3
        sheet.words(name, left - 5, y, align="right")
    return sheet.typst()


def softmax(
    four: Sequence[float], raised: Sequence[float], shares: Sequence[float]
) -> str:
    """Draw scores, what the exponential makes of them, and shares."""
    sheet = Drawing(height=128)
    for number, (values, name, places) in enumerate(
        (
            (four, "scores", 0),
            (raised, "exponentials", 2),
            (shares, "shares", 2),
        )
    ):
        _bars(sheet, values, 10 + number * 112.0, places)
        sheet.words(name, 10 + number * 112.0 + 43, 8, colour=FAINT)
    for x in (104.0, 216.0):
        sheet.flow((x, 60), (x + 12, 60))
    return sheet.typst()


def _bars(
    sheet: Drawing, values: Sequence[float], left: float, places: int
) -> None:
    """Draw numbers as bars, the largest of them fills the height."""
    zero = 90.0
    unit = 60 / max(values)
    for number, value in enumerate(values):
        x, high = left + number * 23, abs(value) * unit
        top = zero - high if value >= 0 else zero
        sheet.box(x, top, 17, high, BLUE if value >= 0 else GOLD)
        text = f"{value:.{places}f}".replace("-", "\u2212")
        y = top - 4 if value >= 0 else top + high + 10
        sheet.words(text, x + 8.5, y)
    sheet.line([(left - 3, zero), (left + 89, zero)], FAINT)


def surprise(share: float) -> str:
    """Draw the surprise at an event, by the share that it was given."""
    chart = _chart(138, Scale(0, 1), Scale(0, 5))
    chart.scales(
        {0: "0", 0.5: "\u00bd", 1: "1"},
        {n: str(n) for n in range(6)},
        "share p",
        "surprise",
    )
    points = [math.exp(-5 * n / 60) for n in range(61)]
    chart.line([(p, -math.log(p)) for p in points])
    chart.dot(share, -math.log(share), RED)
    told = f"1/{round(1 / share)}: {-math.log(share):.2f}"
    chart.words(told, share, -math.log(share), dx=7, dy=1)
    chart.dot(0.5, math.log(2))
    chart.words(f"\u00bd: {math.log(2):.2f}", 0.5, math.log(2), dx=4, dy=-4)
    return chart.sheet.typst()


def dial(
    settings: Sequence[float],
    curve: Sequence[float],
    start: float,
    slope: float,
) -> str:
    """Draw the loss along one dial, and its slope at zero."""
    chart = _chart(138, Scale(settings[0], settings[-1]), Scale(2.4, 3.1))
    chart.scales(
        {n: str(n).replace("-", "\u2212") for n in range(-3, 7)},
        {n: f"{n:.1f}" for n in (2.4, 2.6, 2.8, 3.0)},
        "the dial",
        "loss",
    )
    chart.line(list(zip(settings, curve, strict=True)))
    ends = (-1.6, 1.6)
    chart.line([(x, start + slope * x) for x in ends], RED)
    chart.dot(0, start, RED)
    return chart.sheet.typst()


def learned(alphabet: Sequence[str], learned: Matrix) -> str:
    """Draw a share for each letter after each letter, as squares."""
    cell = 15.0
    side = cell * len(alphabet)
    left, top = (WIDTH - side) / 2, 16.0
    sheet = Drawing(height=top + side)
    for i, letter in enumerate(alphabet):
        seen = letter.replace(" ", "\u2423")
        middle = i * cell + cell / 2
        sheet.words(seen, left + middle, top - 5, mono=True)
        sheet.words(seen, left - 9, top + middle + 3, mono=True)
    sheet.box(left, top, side, side, SHADE)
    for i, row in enumerate(learned):
        for j, share in enumerate(row):
            sheet.share(left + j * cell, top + i * cell, cell, share)
    return sheet.typst()


def _chart(height: float, x: Scale, y: Scale) -> Chart:
    """Return a chart on a sheet of its own."""
    sheet = Drawing(height=height)
    return Chart(
        sheet=sheet,
        left=60,
        top=16,
        width=210,
        height=height - 48,
        x=x,
        y=y,
    )
