"""Chapter 13: answering."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octavo.book.charts import Chart, Point, Scale
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

LETTER, PADDING, GAP = 4.5, 5.0, 1.5  # of a token's letters; beside them
ROW = 23.0
Matrix = Sequence[Sequence[float]]
NAMES = {
    "play": "where somebody appears",
    "person": "who somebody is",
    "speaker": "who says a line",
    "finish": "how a line goes on",
    "acts": "how many acts",
    "talk": "small talk",
    "unknown-line": "a line nobody says",
    "sum": "an unseen sum",
    "unknown-person": "an invented name",
}


def conversation(tokens: Sequence[str], trained: Sequence[bool]) -> str:
    """Draw a conversation's tokens, those that are learned in red."""
    placed = list(_lines(tokens))
    sheet = Drawing(height=placed[-1][1] + 18)
    for token, learned, (x, y, width) in zip(
        tokens, trained, placed, strict=True
    ):
        fill, colour = (RED, PAPER) if learned else (SHADE, INK)
        sheet.token(token, x, y, width, height=18, fill=fill, colour=colour)
    return sheet.typst()


def _lines(tokens: Sequence[str]) -> Iterator[tuple[float, float, float]]:
    """Yield the place and the width of each token: a line for a line."""
    x = y = 0.0
    for token in tokens:
        seen = token.replace("\n", "\\n")
        width = LETTER * len(seen) + PADDING
        if x + width > WIDTH:
            x, y = 18.0, y + ROW
        yield x, y, width
        x += width + GAP
        if token.endswith("\n"):
            x, y = 0.0, y + ROW


def packed(lengths: Sequence[int], learned: Sequence[bool]) -> str:
    """Draw conversations padded, and in a row with who sees whom.

    `learned` tells of each token in the row whether it is a target.
    """
    total, longest, cell = sum(lengths), max(lengths), 11.5
    left, top = WIDTH - total * cell, 30.0
    sheet = Drawing(height=top + total * cell + 1)
    sheet.words("padded", 0, 8, align="left", colour=FAINT)
    sheet.words("in a row", left, 8, align="left", colour=FAINT)
    at = 0
    for row, length in enumerate(lengths):
        for place in range(longest):
            kind = SHADE
            if place < length:
                kind = RED if learned[at + place] else BLUE
            where = (place * cell, top + row * (cell + 3))
            _square(sheet, *where, cell, kind, place >= length)
        for place in range(length):
            i = at + place
            x, y = left + i * cell, top + i * cell
            sheet.words(str(place), x + cell / 2, top - 5, size=7.5,
                        colour=FAINT)  # fmt: skip
            for j in range(total):
                seen = at <= j <= i
                kind = (RED if learned[i] else BLUE) if seen else SHADE
                _square(sheet, left + j * cell, y, cell, kind, not seen)
        at += length
    return sheet.typst()


def _square(
    sheet: Drawing, x: float, y: float, cell: float, kind: str, empty: bool
) -> None:
    """Draw a token's square, or an empty one."""
    side = cell - 1.2
    if empty:
        sheet.frame(x + 0.6, y + 0.6, side, side, kind)
    else:
        sheet.box(x + 0.6, y + 0.6, side, side, kind)


def scores(kinds: Mapping[str, Mapping[str, float]]) -> str:
    """Draw the share of right answers by kind, beside who understands not.

    A red rule is the interval, a red dot the model; a gold one the nearest
    question's answer, a faint one the commonest answer.
    """
    row, left, long = 19.0, 122.0, 190.0
    high = row * len(kinds)
    sheet = Drawing(height=high + 34)
    chart = Chart(sheet=sheet, left=left, top=16, width=long, height=high,
                  x=Scale(0, 1), y=Scale(len(kinds), 0))  # fmt: skip
    for number, (kind, found) in enumerate(kinds.items()):
        y = number + 0.5
        sheet.words(NAMES[kind], left - 8, chart.at(0, y)[1] + 2,
                    align="right")  # fmt: skip
        chart.line([(0, y), (1, y)], SHADE, 0.8)
        chart.dot(found["most_frequent"], y, FAINT, 2.2)
        chart.dot(found["nearest"], y, GOLD, 3.6)
        chart.line([(found["low"], y), (found["high"], y)], RED, 1.4)
        chart.dot(found["accuracy"], y, RED, 2.4)
    ends = {0: "0", 0.25: "25%", 0.5: "50%", 0.75: "75%", 1: "all"}
    for share, text in ends.items():
        sheet.words(text, left + share * long, high + 30)
    x = left
    for name, colour in (
        ("the model", RED),
        ("nearest", GOLD),
        ("commonest", FAINT),
    ):
        sheet.dot(x + 3, 5, colour, 2.4)
        sheet.words(name, x + 9, 7, align="left", colour=colour)
        x += 24 + 4.2 * len(name)
    return sheet.typst()


def forgetting(points: Sequence[dict[str, Any]], before: float) -> str:
    """Draw what settings teach, and what each of them forgets.

    A point has a `loss` on answers, `bits` per byte on plays, a `name`,
    and whether it `rehearsed`.
    """
    sheet = Drawing(height=192)
    losses, bits = ([p[key] for p in points] for key in ("loss", "bits"))
    wide = max(losses) - min(losses)
    chart = Chart(
        sheet=sheet, left=34, top=20, width=WIDTH - 110, height=132,
        x=Scale(min(losses) - wide / 8, max(losses) + wide / 8),
        y=Scale(before - 0.006, max(bits) + 0.008),
    )  # fmt: skip
    chart.line([(chart.x.first, before), (chart.x.last, before)], FAINT)
    chart.words("the base", chart.x.last, before, colour=FAINT)
    for point in points:
        colour = RED if point["rehearsed"] else BLUE
        at = point["loss"], point["bits"]
        chart.dot(*at, colour, 2.6)
        chart.words(point["name"], *at, colour=colour, dx=6)
    whole = range(4, 20)
    chart.scales(
        {n / 10: f"{n / 10:.1f}" for n in whole
         if chart.x.first < n / 10 < chart.x.last},
        {n / 100: f"{n / 100:.2f}" for n in range(180, 220, 2)
         if chart.y.first < n / 100 < chart.y.last},
        "nats a token of right answers",
        "bits per byte on plays",
    )  # fmt: skip
    return sheet.typst()


def thin(
    matrix: Matrix, up: Matrix, down: Matrix, scale: float, changed: Matrix
) -> str:
    """Draw a matrix, the thin ones that change it, and what comes out."""
    high, top = len(matrix) * CELL, 18.0
    sheet = Drawing(height=top + high + 2)
    middle = top + high / 2 + 3
    x = 0.0
    for sign, rows, name, colour in (
        ("", matrix, "W", BLUE),
        (f"+ {scale:g}", up, "B", RED),
        ("times", down, "A", RED),
        ("=", changed, "W'", GOLD),
    ):
        if sign:
            wide = 24.0 if len(sign) > 1 and sign != "times" else 16.0
            sheet.formula(sign, x + wide / 2, middle)
            x += wide
        y = top + (high - len(rows) * CELL) / 2
        sheet.matrix(rows, x, y, colour=colour)
        sheet.formula(name, x + len(rows[0]) * CELL / 2, y - 7)
        x += len(rows[0]) * CELL
    return sheet.typst()


def group(
    said: Sequence[str], rewards: Sequence[float], worth: Sequence[float]
) -> str:
    """Draw the answers of a group, and what each is worth beside it."""
    sheet = Drawing(height=118)
    left, pitch, zero, tall = 52.0, 34.5, 76.0, 18.0
    for name, y in (("answer", 14), ("reward", 36), ("worth", 79)):
        sheet.words(name, left - 10, y, align="right", colour=FAINT)
    for n, (text, reward, one) in enumerate(
        zip(said, rewards, worth, strict=True)
    ):
        x = left + n * pitch
        sheet.token(text, x, 2, pitch - 4, height=18)
        middle = x + (pitch - 4) / 2
        sheet.words(f"{reward:g}", middle, 36)
        height = abs(one) * tall
        up = one > 0
        sheet.box(x + 6, zero - height if up else zero, pitch - 16, height,
                  RED if up else BLUE)  # fmt: skip
        told = f"{one:+.2f}".replace("-", "\u2212")
        below = zero + (height + 10 if not up else 10)
        sheet.words(told, middle, below, size=7.5)
    ends = [(left, zero), (left + len(said) * pitch - 4, zero)]
    sheet.line(ends, FAINT)
    return sheet.typst()


def rewarded(curve: Sequence[Point], likeliest: Sequence[Point]) -> str:
    """Draw the share of right answers while rewards are learned from."""
    sheet = Drawing(height=156)
    last = max(x for x, _ in curve)
    chart = Chart(
        sheet=sheet, left=30, top=18, width=WIDTH - 110, height=104,
        x=Scale(0, last), y=Scale(0, 1),
    )  # fmt: skip
    chart.line(curve, BLUE)
    chart.line(likeliest, RED)
    for x, y in likeliest:
        chart.dot(x, y, RED)
    chart.names(
        [
            ("the likeliest", likeliest[-1], RED),
            ("drawn by lot", curve[-1], BLUE),
        ]
    )
    every = 10 * max(1, round(last / 40))
    chart.scales(
        {n * every: str(n * every) for n in range(5) if n * every <= last},
        {0: "0", 0.5: "50%", 1: "all"},
        "step",
        "right answers",
    )
    return sheet.typst()


def ways() -> str:
    """Draw what counts in the three ways of learning, token by token."""
    sheet = Drawing(height=126)
    left, pitch, high = 92.0, 17.0, 13.0
    ask, say = [SHADE] * 6, [RED] * 5
    for name, y, fills, told in (
        ("a text", 8.0, [RED] * 11, "all of it"),
        ("an example", 40.0, [*ask, *say], "the answer"),
        ("own answers", 72.0, [*ask, *say], "by their"),
        ("", 90.0, [*ask, *[BLUE] * 5], "reward"),
    ):
        sheet.words(name, left - 10, y + 10, align="right")
        for n, fill in enumerate(fills):
            sheet.box(left + n * pitch, y, pitch - GAP, high, fill)
        end = left + len(fills) * pitch + 6
        sheet.words(told, end, y + 10, align="left", colour=FAINT)
    for name, x, colour in (
        ("is only read", 92.0, FAINT),
        ("likelier", 160.0, RED),
        ("less likely", 212.0, BLUE),
    ):
        fill = SHADE if colour is FAINT else colour
        sheet.box(x, 115, 9, 9, fill)
        sheet.words(name, x + 13, 123, align="left", colour=colour)
    return sheet.typst()
