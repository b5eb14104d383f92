"""Chapter 14: past the laptop."""

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
PARTS = {"tables": GOLD, "attention": RED, "network": BLUE}
HEAPS = {
    "weights": FAINT,
    "gradients": SHADE,
    "optimizer": GOLD,
    "kept for the way back": BLUE,
}
MACHINES = (BLUE, RED, GOLD, FAINT)
WAYS = ("data", "sharded data", "tensor", "pipeline")


def shares(models: Mapping[str, Mapping[str, int]]) -> str:
    """Draw which parts of a model have its parameters, model by model."""
    row, left, wide = 18.0, 84.0, WIDTH - 84 - 42
    sheet = Drawing(height=row * len(models) + 18)
    for number, (name, parts) in enumerate(models.items()):
        top, x, total = row * number, left, sum(parts.values())
        sheet.words(name, left - 8, top + 11, align="right")
        for part, count in parts.items():
            width = wide * count / total
            sheet.box(x, top, width, 14, PARTS[part])
            x += width
        sheet.words(rounded(total), x + 6, top + 11, align="left")
    _legend(sheet, PARTS, left, row * len(models) + 12)
    return sheet.typst()


def rounded(number: float) -> str:
    """Return a large number as people say it.

    >>> [rounded(n) for n in (999_700, 13_080_192, 8.03e9, 1.5e13)]
    ['1.0M', '13M', '8.0B', '15T']
    """
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if number >= 0.9995 * size:
            places = 1 if number < 9.95 * size else 0
            return f"{number / size:.{places}f}{letter}"
    return f"{number:,.0f}"


def _legend(
    sheet: Drawing, colours: Mapping[str, str], x: float, y: float
) -> None:
    """Name colours, in a row."""
    for name, colour in colours.items():
        sheet.box(x, y - 6, 9, 9, colour)
        sheet.words(name, x + 13, y + 2, colour=FAINT, align="left")
        x += 24 + 3.75 * len(name)


def plane(
    read: Points,
    places: Mapping[str, Point],
    budgets: Mapping[str, float],
) -> str:
    """Draw models by their parameters and the tokens that they read.

    A budget is a number of operations: a falling line, on which six times
    the one times the other is that number.
    """
    sheet = Drawing(height=186)
    chart = Chart(
        sheet=sheet, left=28, top=20, width=206, height=134,
        x=Scale(1e5, 1e12, log=True), y=Scale(1e4, 1e14, log=True),
    )  # fmt: skip
    low, high = chart.y.first, chart.y.last
    for name, budget in budgets.items():
        first = max(chart.x.first, budget / 6 / high)
        last = min(chart.x.last, budget / 6 / low)
        ends = [(n, budget / 6 / n) for n in (first, last)]
        chart.line(ends, SHADE)
        above = budget / 6 / max(budget / 6 / last, 4 * low)
        over = -4 if above < last else 1  # or the line would strike it out
        chart.words(name, above, budget / 6 / above, colour=FAINT, dy=over)
    ends = [(n, 20 * n) for n in (chart.x.first, chart.x.last)]
    chart.line(ends, GOLD)
    chart.words("20 tokens a parameter", *ends[-1], colour=GOLD, dy=6)
    for run in read:
        chart.dot(*run, BLUE, 1.8)
    chart.words("this book", *max(read), colour=BLUE, dx=5)
    for name, place in places.items():
        chart.dot(*place, RED, 2.2)
        chart.words(name, *place, colour=INK, align="right", dx=-5, dy=-1)
    sizes = {10**6: "1M", 10**8: "100M", 10**10: "10B", 10**12: "1T"}
    texts = {**sizes, 10**14: "100T"}
    chart.scales(sizes, texts, "parameters", "tokens read")
    return sheet.typst()


def foretold(
    fitted: Sequence[tuple[float, float, float]],
    others: Sequence[tuple[float, float, float]],
) -> str:
    """Draw what runs found, and what a law through some of them expected.

    A run is its operations, and its bits per byte found and expected.
    """
    sheet = Drawing(height=148)
    chart = Chart(
        sheet=sheet, left=24, top=20, width=WIDTH - 98, height=94,
        x=Scale(3e11, 1.6e15, log=True), y=Scale(1.5, 2.65),
    )  # fmt: skip
    for runs, colour in ((fitted, BLUE), (others, RED)):
        for operations, found, expected in runs:
            ends = [(operations, found), (operations, expected)]
            chart.line(ends, colour, 0.6)
            across, down = chart.at(operations, expected)
            mark = [(across - 4, down), (across + 4, down)]
            sheet.line(mark, colour, 1.1)
            chart.dot(operations, found, colour, 2.2)
    most = max(others)
    chart.words("found", *most[:2], colour=RED, dx=7, dy=1)
    chart.words("foretold", most[0], most[2], colour=RED, dx=7, dy=7)
    powers = {
        10.0**n: f"10{''.join('⁰¹²³⁴⁵⁶⁷⁸⁹'[int(d)] for d in str(n))}"
        for n in (12, 13, 14, 15)
    }
    ticks = {1.75: "1.75", 2.0: "2.0", 2.25: "2.25", 2.5: "2.5"}
    chart.scales(powers, ticks, "operations", "bits per byte")
    return sheet.typst()


def cards(rows: Mapping[str, Mapping[str, float]], card: float) -> str:
    """Draw what lies on a card, in GB, beside what fits there."""
    row, left = 19.0, 106.0
    sheet = Drawing(height=row * len(rows) + 34)
    most = max(sum(heaps.values()) for heaps in rows.values())
    wide = (WIDTH - left - 26) / most
    edge = left + wide * card
    for number, (name, heaps) in enumerate(rows.items()):
        top, x = 14 + row * number, left
        sheet.words(name, left - 8, top + 11, align="right")
        for heap, size in heaps.items():
            sheet.box(x, top, wide * size, 14, HEAPS[heap])
            x += wide * size
        total = f"{sum(heaps.values()):,.0f}"
        sheet.words(total, x + 5, top + 11, align="left")
    bottom = 14 + row * len(rows)
    sheet.line([(edge, 10), (edge, bottom - 6)], RED, 0.8)
    sheet.words(f"{card:.0f} GB", edge, 6, colour=RED)
    _legend(sheet, HEAPS, 24, bottom + 12)
    return sheet.typst()


def split() -> str:
    """Draw four ways to share a batch and a model of four blocks.

    A machine is a column: above, the windows that it reads; below, what it
    holds of each block.
    """
    sheet = Drawing(height=112)
    margin = 30.0
    wide = (WIDTH - margin + 10) / len(WAYS)
    for number, way in enumerate(WAYS):
        left = margin + wide * number
        sheet.words(way, left, 8, align="left")
        for machine, colour in enumerate(MACHINES):
            x = left + 17 * machine
            own = way in WAYS[:2]
            for window in range(4):
                read = window == machine or not own
                shade = colour if read else SHADE
                sheet.box(x + 3.5 * window, 20, 2.8, 9, shade)
            for block in range(4):
                _block(sheet, x, 38 + 17 * block, way, machine, block)
    sheet.words("batch", margin - 8, 28, colour=FAINT, align="right")
    sheet.words("blocks", margin - 8, 73, colour=FAINT, align="right")
    return sheet.typst()


def _block(
    sheet: Drawing, x: float, y: float, way: str, machine: int, block: int
) -> None:
    """Draw what a machine holds of a block."""
    colour = MACHINES[machine]
    sheet.box(x, y, 13.3, 13, SHADE)
    if way == "data" or (way == "pipeline" and block == machine):
        sheet.box(x, y, 13.3, 13, colour)
    elif way == "sharded data":
        sheet.box(x, y + 3.25 * machine, 13.3, 3.25, colour)
    elif way == "tensor":
        sheet.box(x + 3.33 * machine, y, 3.33, 13, colour)
