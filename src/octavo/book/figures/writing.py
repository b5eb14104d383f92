"""Chapter 11: writing."""

from collections.abc import Sequence

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import (
    BLUE,
    FAINT,
    GOLD,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Row = Sequence[float]
SIDE = 15.0  # of a square that stands for a token


def candidates(tokens: Sequence[str], shares: Row) -> str:
    """Draw the likeliest tokens, and all the others."""
    row, left, long = 15.0, 70.0, 330.0
    sheet = Drawing(height=row * (len(tokens) + 1) + 4)
    rest = ("all others", 1 - sum(shares))
    for n, (token, share) in enumerate(
        [*zip(tokens, shares, strict=True), rest]
    ):
        y = n * row
        other = n == len(tokens)
        seen = token if other else token.replace(" ", "\u2423")
        sheet.words(seen, left - 6, y + 9, align="right", mono=not other)
        colour = SHADE if other else RED if n == 0 else BLUE
        sheet.box(left, y, share * long, row - 4, colour)
        sheet.words(f"{share:.3f}", left + share * long + 4, y + 9,
                    align="left")  # fmt: skip
    return sheet.typst()


def temperatures(cold: Row, plain: Row, hot: Row) -> str:
    """Draw the same scores as shares at three temperatures."""
    sheet = Drawing(height=104)
    panels = (("0.5", cold, BLUE), ("1", plain, GOLD), ("2", hot, RED))
    for n, (heat, shares, colour) in enumerate(panels):
        left, floor = 14 + n * 112.0, 84.0
        sheet.line([(left, floor), (left + 88, floor)], FAINT)
        for k, share in enumerate(shares):
            high = 72 * share
            x = left + 2 + k * 22
            sheet.box(x, floor - high, 18, high, colour)
            sheet.words(f"{share:.2f}", x + 9, floor - high - 3, size=7.5)
        sheet.words(f"temperature {heat}", left + 44, 98, colour=FAINT)
    return sheet.typst()


def cuts(ranks: Row, certain: Row, verse: Row, open_end: Row) -> str:
    """Draw what the likeliest tokens hold, and where one may cut."""
    sheet = Drawing(height=190)
    chart = Chart(
        sheet=sheet,
        left=34,
        top=16,
        width=250,
        height=138,
        x=Scale(1, 1000, log=True),
        y=Scale(0, 1),
    )
    chart.scales(
        {1: "1", 10: "10", 100: "100", 1000: "1,000"},
        {0: "0", 0.5: "0.5", 1: "1"},
        below="of the likeliest tokens",
        above="share that they hold together",
    )
    chart.line([(50, 0), (50, 1)], FAINT, 0.8)
    chart.line([(1, 0.9), (1000, 0.9)], FAINT, 0.8)
    chart.words("k", 50, 0.05, colour=FAINT)
    chart.words("p", 1000, 0.88, colour=FAINT)
    for name, held, colour, at in (
        ("Wherefore art", certain, RED, (1.0, 0.8)),
        ("To be, or not to", verse, GOLD, (1.0, 0.4)),
        ("I am a", open_end, BLUE, (14.0, 0.28)),
    ):
        chart.line(zip(ranks, held, strict=True), colour)
        chart.words(name, *at, colour=colour)
    return sheet.typst()


def rows() -> str:
    """Draw a step of writing without a cache, and with it."""
    sheet, count = Drawing(height=112), 5
    for left, name, cached in (
        (60.0, "without a cache", False),
        (206.0, "with a cache", True),
    ):
        sheet.words(name, left + count * SIDE / 2, 8, colour=FAINT)
        for i in range(count):
            for j in range(i + 1):
                last = i == count - 1
                fill = RED if last or not cached else SHADE
                _square(sheet, left + j * SIDE, 14 + i * SIDE, fill)
        for j in range(count):
            old = cached and j < count - 1
            fill = GOLD if old else RED
            _square(sheet, left + j * SIDE, 20 + count * SIDE, fill)
    sheet.words("weights", 50, 52, align="right", colour=FAINT)
    sheet.words("keys, values", 50, 105, align="right", colour=FAINT)
    return sheet.typst()


def _square(sheet: Drawing, x: float, y: float, colour: str) -> None:
    """Draw one token's square."""
    sheet.box(x + 0.75, y + 0.75, SIDE - 1.5, SIDE - 1.5, colour)


def gain(lengths: Row, kept_ms: Row, anew_ms: Row) -> str:
    """Draw the time of one more token after texts of some lengths."""
    sheet = Drawing(height=186)
    low = min(kept_ms) / 1.5
    chart = Chart(
        sheet=sheet,
        left=40,
        top=18,
        width=200,
        height=132,
        x=Scale(lengths[0], lengths[-1], log=True),
        y=Scale(low, max(anew_ms), log=True),
    )
    marks = [m for m in (1, 3, 10, 30, 100, 300) if low < m < max(anew_ms)]
    chart.scales(
        {n: f"{n:g}" for n in lengths},
        {m: f"{m}" for m in marks},
        below="tokens before it",
        above="ms",
    )
    for name, times, colour in (
        ("read anew", anew_ms, RED),
        ("with the cache", kept_ms, BLUE),
    ):
        points = list(zip(lengths, times, strict=True))
        chart.line(points, colour)
        for x, y in points:
            chart.dot(x, y, colour)
        chart.words(name, *points[-1], colour=colour, dx=8)
    return sheet.typst()


def halves() -> str:
    """Draw the steps of writing past a window of eight tokens."""
    window, height = 8, 10.0
    sheet = Drawing(height=9 * height + 14)
    step = (WIDTH - 60) / 12
    sheet.words("tokens of the text", 60, 8, align="left", colour=FAINT)
    for n, (start, read, length) in enumerate(
        [
            (0, 5, 6), (0, 6, 7), (0, 7, 8), (5, 5, 9),
            (5, 9, 10), (5, 10, 11), (5, 11, 12),
        ]
    ):  # fmt: skip
        y = 14 + n * (height + 2)
        assert length - start <= window
        for token in range(12):
            colour = SHADE
            if start <= token < length:
                colour = GOLD if token < read else RED
            if token < length:
                sheet.box(60 + token * step, y, step - 2, height, colour)
    return sheet.typst()
