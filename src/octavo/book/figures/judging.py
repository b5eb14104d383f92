"""Chapter 12: judging."""

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
Pieces = Sequence[tuple[str, float]]  # a token, and its bits
FLOOR, BIT = 66.0, 6.0  # of an area's drawing, in points


def areas(letters: Pieces, tokens: Pieces) -> str:
    """Draw the bits of a line as areas: by letters, and by tokens.

    An area is as wide as a token is long, so that its height is bits per
    byte; a token above the height of ten is cut off there.
    """
    sheet = Drawing(height=2 * FLOOR + 38)
    count = sum(len(one) for one, _ in letters)
    assert count == sum(len(one) for one, _ in tokens)
    wide = (WIDTH - 16) / count
    for top, pieces, colour in (
        (0.0, letters, BLUE), (FLOOR + 19, tokens, RED),
    ):  # fmt: skip
        x, floor = 16.0, top + FLOOR
        for height in (0, 5, 10):
            y = floor - BIT * height
            sheet.line([(16, y), (WIDTH, y)], FAINT, 0.3)
            sheet.words(f"{height}", 11, y + 3, size=7.5, align="right")
        for text, bits in pieces:
            width = wide * len(text)
            high = BIT * min(bits / len(text), 10)
            sheet.box(x + 0.4, floor - high, width - 0.8, high, colour)
            seen = text.replace(" ", "\u2423")
            middle = x + width / 2
            sheet.words(seen, middle, floor + 9, size=7.5, mono=True)
            x += width
        mean = sum(bits for _, bits in pieces) / count
        y = floor - BIT * mean
        sheet.line([(16, y), (WIDTH, y)], INK, 0.8)
    return sheet.typst()


def spread(
    drawn: Points, mean: float, deviation: float, most: int, quoted: float
) -> str:
    """Draw estimates from some of a text's windows, and how far they lie.

    `drawn` are pairs of a number of windows and the mean loss of so many;
    `deviation` is that of one window, `most` how many there are, and
    `quoted` the number of windows that is marked.
    """
    sheet = Drawing(height=168)
    high = 116.0
    chart = Chart(
        sheet=sheet, left=34, top=18, width=WIDTH - 96, height=high,
        x=Scale(10, most, log=True),
        y=Scale(mean - 0.72 * deviation, mean + 0.72 * deviation),
    )  # fmt: skip
    x, top = chart.at(quoted, chart.y.last)
    sheet.line([(x, top), (x, top + high)], SHADE, 3)
    for number, estimate in drawn:
        chart.dot(number, estimate, BLUE, 1.2)
    numbers = [10 * (most / 10) ** (n / 60) for n in range(61)]
    for sign in (-1, 1):
        edge = [(n, mean + sign * 1.96 * deviation / n**0.5)
                for n in numbers]  # fmt: skip
        chart.line(edge, RED)
    chart.line([(10, mean), (most, mean)], INK, 0.6)
    chart.words("the whole", most, mean)
    ticks = (10, 30, 100, 300, 1000)
    step = 0.1
    first = round((chart.y.first + step / 2) / step)
    rows = [step * n for n in range(first, first + 12)]
    chart.scales(
        {n: f"{n:,}" for n in ticks},
        {y: f"{y:.1f}" for y in rows if y < chart.y.last},
        "windows of 64 that are scored", "nats a letter",
    )  # fmt: skip
    return sheet.typst()


def passing(counted: Mapping[str, Points], runs: Points) -> str:
    """Draw n-grams that count ever more text, and trained transformers."""
    sheet = Drawing(height=172)
    reads = [x for line in (*counted.values(), runs) for x, _ in line]
    chart = Chart(
        sheet=sheet, left=26, top=18, width=WIDTH - 90, height=120,
        x=Scale(min(reads), max(reads), log=True), y=Scale(1.7, 3.1),
    )  # fmt: skip
    shades = (FAINT, GOLD, BLUE)
    for line, colour in zip(counted.values(), shades, strict=True):
        chart.line(line, colour)
    chart.names(
        (name, line[-1], colour)
        for (name, line), colour in zip(
            counted.items(), shades, strict=True
        )
    )
    for x, y in runs:
        chart.dot(x, y, RED, 2.4)
    chart.words("transformers", *min(runs), colour=RED, align="right",
                dx=-6, dy=8)  # fmt: skip
    chart.scales(
        {1e6: "1 MB", 1e7: "10 MB"},
        {y: f"{y:.2g}" for y in (2.0, 2.5, 3.0)},
        "text counted, or read", "bits per byte",
    )  # fmt: skip
    return sheet.typst()


def copies(curves: Mapping[str, Sequence[float]], usual: int) -> str:
    """Draw what share of a text's runs stands in another, by length."""
    sheet = Drawing(height=166)
    last = max(map(len, curves.values()))
    chart = Chart(
        sheet=sheet, left=36, top=18, width=WIDTH - 60, height=114,
        x=Scale(1, last), y=Scale(1e-4, 1, log=True),
    )  # fmt: skip
    x, top = chart.at(usual, 1)
    sheet.line([(x, top), (x, top + 114)], SHADE, 3)
    at = (5, 14, 7)  # where there is room above a line
    for (name, shares), colour, place in zip(
        curves.items(), (GOLD, RED, BLUE), at, strict=True
    ):
        seen = [
            (n, share)
            for n, share in enumerate(shares, start=1)
            if share >= 1e-4
        ]
        chart.line(seen, colour)
        n, share = seen[min(place, len(seen)) - 1]
        chart.words(name, n, share, colour=colour, dx=6, dy=-6)
    shown = {1e-4: "0.01%", 1e-3: "0.1%", 0.01: "1%", 0.1: "10%", 1: "100%"}
    lengths = {1: "1", 4: "4", 8: "8", 12: "12", 16: "16", 20: "20"}
    chart.scales(
        {n: one for n, one in lengths.items() if n <= last}, shown,
        "words in a run", "runs that stand elsewhere",
    )  # fmt: skip
    return sheet.typst()


def ruler(marks: Sequence[tuple[str, float, str]]) -> str:
    """Draw scores on one ruler of bits per byte: name, score, kind."""
    colours = {"blind": FAINT, "packed": GOLD, "counted": BLUE,
               "learned": RED}  # fmt: skip
    apart, left = 11.0, 108.0
    sheet = Drawing(height=apart * len(marks) + 26)
    floor = sheet.height - 18
    scale = Scale(1.7, 8, log=True)

    def across(bits: float) -> float:
        return left + (WIDTH - left - 6) * scale.share(bits)

    # Each stem is shorter than those to its right, so that a name to the
    # left of its top stands free.
    ordered = sorted(marks, key=lambda mark: -mark[1])
    for row, (name, bits, kind) in enumerate(ordered):
        x, y = across(bits), apart * row + 8
        colour = colours[kind]
        sheet.line([(x, y - 2), (x, floor)], colour, 0.6)
        sheet.dot(x, floor, colour, 2.2)
        words = f"{name}, {bits:.2f}"
        sheet.words(words, x - 4, y + 4, colour=colour, align="right")
    sheet.line([(left - 8, floor), (WIDTH, floor)], INK, 0.8)
    for bits in (2, 3, 4, 5, 6, 7, 8):
        sheet.words(f"{bits}", across(bits), floor + 13, colour=FAINT)
    return sheet.typst()
