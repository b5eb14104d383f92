"""Chapter 9: training."""

import math
from collections.abc import Mapping, Sequence

from octavo.book.charts import Chart, Point, Scale
from octavo.book.drawing import (
    BLUE,
    FAINT,
    GOLD,
    INK,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Points = Sequence[Point]
COLOURS = (GOLD, BLUE, RED)  # of ways to learn, the best one red
SIZES = (GOLD, FAINT, BLUE, RED)  # from tiny to large


def valley(
    descent: Points, average: Points, adam: Points, steepness: float
) -> str:
    """Draw three ways down a narrow valley, from above."""
    sheet = Drawing(height=118)
    wide = (WIDTH - 2 * 14) / 3
    for number, (name, path, colour) in enumerate(
        (
            ("the gradient", descent, GOLD),
            ("its average", average, BLUE),
            ("Adam", adam, RED),
        )
    ):
        left = number * (wide + 14)
        view = Chart(
            sheet=sheet, left=left, top=16, width=wide, height=102,
            x=Scale(-4.4, 1.2), y=Scale(-1.0, 1.0),
        )  # fmt: skip
        sheet.words(name, left, 8, align="left")
        for height in (0.25, 1.0, 2.25, 4.0, 6.25):
            view.line(_level(height, steepness, view), FAINT, 0.4)
        view.line(path, colour, 0.9)
        for x, y in path:
            view.dot(x, y, colour, 1.7)
        view.dot(0, 0, INK, 1.4)
    return sheet.typst()


def _level(height: float, steepness: float, view: Chart) -> list[Point]:
    """Return where a valley is so high, as far as it can be seen."""
    across = math.sqrt(2 * height)
    turns = [math.tau * i / 240 for i in range(241)]
    line = [
        (across * math.cos(t), across * math.sin(t) / math.sqrt(steepness))
        for t in turns
    ]
    half = [(x, y) for x, y in line if view.x.first < x < view.x.last]
    if len(half) == len(line):
        return line
    middle = next(i for i, one in enumerate(half) if one[1] < 0)
    return half if half[0][0] < 0 else half[:middle] + half[middle:]


def rounds(one: Points, three: Points, five: Points) -> str:
    """Draw what rounds of Muon's polynomial make of singular values."""
    sheet = Drawing(height=150)
    chart = Chart(
        sheet=sheet, left=24, top=20, width=WIDTH - 90, height=100,
        x=Scale(0, 1), y=Scale(0, 1.25),
    )  # fmt: skip
    chart.line([(0, 1), (1, 1)], FAINT, 0.5)
    chart.line([(0, 0), (1, 1)], SHADE, 1.1)
    for name, line, colour, x, dy in (
        ("five", five, FAINT, 0.113, 10),
        ("three", three, RED, 0.75, -5),
        ("one", one, BLUE, 0.555, -5),
    ):
        chart.line(line, colour)
        y = min(line, key=lambda point: abs(point[0] - x))[1]
        chart.words(name, x, y, colour=colour, align="center", dx=0, dy=dy)
    quarters = {0: "0", 0.25: "0.25", 0.5: "0.5", 0.75: "0.75", 1: "1"}
    chart.scales(quarters, {0: "0", 0.5: "0.5", 1: "1"}, "before", "after")
    return sheet.typst()


def race(curves: Mapping[str, Points], by_frequency: float) -> str:
    """Draw how the loss falls by three optimizers, on the same text."""
    sheet = Drawing(height=150)
    last = max(x for line in curves.values() for x, _ in line)
    chart = Chart(
        sheet=sheet, left=24, top=20, width=WIDTH - 110, height=98,
        x=Scale(0, last), y=Scale(1.5, 5.6),
    )  # fmt: skip
    chart.line([(0, by_frequency), (last, by_frequency)], FAINT, 0.5)
    chart.words("by frequency alone", last, by_frequency, colour=FAINT,
                align="right", dx=0, dy=-4)  # fmt: skip
    for line, colour in zip(curves.values(), COLOURS, strict=True):
        chart.line(line, colour)
    chart.names(
        (name, line[-1], colour)
        for (name, line), colour in zip(
            curves.items(), COLOURS, strict=True
        )
    )
    steps = {x: str(x) for x in range(0, int(last) + 1, 100)}
    chart.scales(
        steps, {x: str(x) for x in (2, 3, 4, 5)}, "step", "nats a letter"
    )
    return sheet.typst()


def schedule(shares: Points, falling: Points, constant: Points) -> str:
    """Draw a learning rate that falls, and what the loss does then."""
    sheet = Drawing(height=172)
    last = len(shares)
    wide = WIDTH - 24 - 84
    rate = Chart(
        sheet=sheet, left=24, top=18, width=wide, height=26,
        x=Scale(0, last), y=Scale(0, 1.1),
    )  # fmt: skip
    rate.line(shares, GOLD)
    rate.scales({}, {0: "0", 1: "1"}, above="share of the learning rate")
    loss = Chart(
        sheet=sheet, left=24, top=66, width=wide, height=74,
        x=Scale(0, last), y=Scale(1.95, 3.1),
    )  # fmt: skip
    for line, colour in ((constant, BLUE), (falling, RED)):
        loss.line([p for p in line if p[1] < loss.y.last], colour)
    loss.names(
        [
            ("the rate stays", constant[-1], BLUE),
            ("it falls to zero", falling[-1], RED),
        ]
    )
    steps = {x: str(x) for x in range(0, int(last) + 1, 100)}
    ticks = {x: str(x) for x in (2.0, 2.5, 3.0)}
    loss.scales(steps, ticks, "step", "nats a letter")
    return sheet.typst()


def law(lines: Mapping[str, Points], runs: Mapping[str, Points]) -> str:
    """Draw what sizes reach by reading, by the law and in earnest."""
    sheet = Drawing(height=174)
    chart = Chart(
        sheet=sheet, left=24, top=20, width=WIDTH - 100, height=118,
        x=Scale(2e5, 8e7, log=True), y=Scale(1.3, 2.75),
    )  # fmt: skip
    for (name, line), colour in zip(lines.items(), SIZES, strict=True):
        chart.line(line, colour, 0.9)
        for x, y in runs[name]:
            chart.dot(x, y, colour, 2.4)
    chart.names(
        (name, line[-1], colour)
        for (name, line), colour in zip(lines.items(), SIZES, strict=True)
    )
    million = {10**6: "1 MB", 10**7: "10 MB"}
    ticks = {1.75: "1.75", 2.0: "2.0", 2.25: "2.25", 2.5: "2.5"}
    chart.scales(million, ticks, "text read", "bits per byte")
    return sheet.typst()


def long_run(
    losses: Points, held_out: Points, samples: Sequence[tuple[int, str]]
) -> str:
    """Draw a long training, and what it wrote on the way."""
    sheet = Drawing(height=305)
    last = int(losses[-1][0])
    chart = Chart(
        sheet=sheet, left=24, top=20, width=WIDTH - 82, height=106,
        x=Scale(0, last), y=Scale(0.9, 2.6),
    )  # fmt: skip
    chart.line([p for p in losses if p[1] < chart.y.last], BLUE, 0.9)
    chart.line([p for p in held_out if p[1] < chart.y.last], RED)
    chart.words("in training", *losses[-1], colour=BLUE)
    chart.words("held out", *held_out[-1], colour=RED)
    for letter, (step, _) in zip("abcdefgh", samples, strict=False):
        across, end = chart.at(step, chart.y.first)
        sheet.line([(across, chart.top), (across, end)], SHADE)
        align = "left" if across < chart.left + 12 else "right"
        beside = across + (3 if align == "left" else -3)
        sheet.words(letter, beside, end - 4, colour=FAINT, align=align)
    steps = {x: f"{x:,}" for x in range(0, last + 1, 500)}
    ticks = {x: str(x) for x in (1.0, 1.5, 2.0)}
    chart.scales(steps, ticks, "step", "nats a letter")
    _samples(sheet, samples, 170)
    return sheet.typst()


def _samples(
    sheet: Drawing, samples: Sequence[tuple[int, str]], top: float
) -> None:
    """Write what a model wrote, by the letters on its curve."""
    for letter, (step, text) in zip("abcdefgh", samples, strict=False):
        sheet.words(letter, 4, top, colour=FAINT)
        sheet.words(f"{step:,}", 44, top, colour=FAINT, align="right")
        for line in text.strip().splitlines():
            if line:
                sheet.words(line, 56, top, align="left", mono=True)
                top += 11
        top += 5
