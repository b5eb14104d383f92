"""Chapter 5: embeddings and positions."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from octavo.book.charts import Chart, Point, Scale
from octavo.book.drawing import (
    BLUE,
    CELL,
    FAINT,
    GOLD,
    INK,
    RED,
    SHADE,
    WIDTH,
    Drawing,
)

Matrix = Sequence[Sequence[float]]


def rows(
    words: Sequence[str], ids: Sequence[int], table: Matrix, vectors: Matrix
) -> str:
    """Draw the table, and the rows of it that a text takes."""
    top, left = 20.0, 54.0
    sheet = Drawing(height=top + len(ids) * CELL + 2)
    _matrix(sheet, table, left, top, "the table")
    for number, word in enumerate(words):
        y = top + number * CELL + CELL / 2 + 3
        sheet.words(str(number), left - 6, y, align="right", colour=FAINT)
        sheet.words(word, left - 18, y, align="right", mono=True)
    right = WIDTH - 3 * CELL - 2
    _matrix(sheet, vectors, right, top, "the text")
    for number, one in enumerate(ids):
        y = top + number * CELL + CELL / 2
        sheet.token(words[one], right - 62, y - 10, 34)
        sheet.words(str(one), right - 18, y + 3, colour=FAINT)
        start = left + 3 * CELL + 4, top + one * CELL + CELL / 2
        sheet.line([start, (right - 68, y)], FAINT)
    return sheet.typst()


def _matrix(
    sheet: Drawing, numbers: Matrix, x: float, y: float, name: str
) -> None:
    """Draw rows of a table under their name."""
    sheet.matrix(numbers, x, y, colour=BLUE)
    middle = x + len(numbers[0]) * CELL / 2
    sheet.words(name, middle, y - 7, colour=FAINT)


def turning(
    places: Sequence[Sequence[int]],
    queries: Matrix,
    keys: Matrix,
    scores: Sequence[float],
) -> str:
    """Draw a query and a key turned to some pairs of places."""
    side = WIDTH / len(places)
    radius = side / 2 - 8
    sheet = Drawing(height=side + 24)
    for number, (at, query, key, score) in enumerate(
        zip(places, queries, keys, scores, strict=True)
    ):
        middle = side * number + side / 2, side / 2
        _circle(sheet, middle, radius)
        size = radius / math.hypot(*query)
        for vector, colour in ((key, GOLD), (query, BLUE)):
            tip = middle[0] + vector[0] * size, middle[1] - vector[1] * size
            sheet.flow(middle, tip, colour=colour)
        _arc(sheet, middle, radius * 0.42, query, key)
        said = f"query at {at[0]}, key at {at[1]}"
        sheet.words(said, middle[0], side + 10)
        fit = f"{score:.2f}"
        sheet.words(fit, middle[0], side + 22, colour=RED)
    return sheet.typst()


def _circle(sheet: Drawing, middle: Point, radius: float) -> None:
    """Draw a circle around a point."""
    mark = f'circle(radius: {radius:g}pt, stroke: 0.5pt + rgb("{FAINT}"))'
    sheet.put(middle[0] - radius, middle[1] - radius, mark)


def _arc(
    sheet: Drawing,
    middle: Point,
    radius: float,
    one: Sequence[float],
    other: Sequence[float],
) -> None:
    """Draw the angle from one arrow to another, the short way round."""
    start = math.atan2(one[1], one[0])
    turned = math.atan2(other[1], other[0]) - start
    turned = (turned + math.pi) % (2 * math.pi) - math.pi
    angles = [start + turned * step / 24 for step in range(25)]
    sheet.line(
        [
            (
                middle[0] + radius * math.cos(angle),
                middle[1] - radius * math.sin(angle),
            )
            for angle in angles
        ],
        RED,
        0.9,
    )


def clocks(places: Sequence[int], speeds: Sequence[float]) -> str:
    """Draw the hand of each pair at some places."""
    left, top, radius = 66.0, 18.0, 14.0
    step = (WIDTH - left) / len(places)
    sheet = Drawing(height=top + len(speeds) * 36)
    for column, place in enumerate(places):
        x = left + column * step + step / 2
        sheet.words(f"{place:,}", x, 8, colour=FAINT)
        for row, speed in enumerate(speeds):
            middle = x, top + row * 36 + 16
            _circle(sheet, middle, radius)
            angle = place * speed
            tip = (
                middle[0] + radius * math.cos(angle),
                middle[1] - radius * math.sin(angle),
            )
            colour = BLUE if place else INK
            sheet.line([middle, tip], colour, 1.2)
    for row, speed in enumerate(speeds):
        y = top + row * 36 + 19
        sheet.words(f"pair {row}", left - 34, y, align="right")
        sheet.words(f"{speed:g}", left - 4, y, colour=FAINT, align="right")
    sheet.words("speed", left - 4, 8, colour=FAINT, align="right")
    return sheet.typst()


def beyond(curves: Mapping[str, Sequence[float]], trained: int) -> str:
    """Draw the bits a byte at each place, for some kinds of positions."""
    last = max(map(len, curves.values()))
    most = max(max(one[2:]) for one in curves.values())
    least = min(map(min, curves.values()))
    low, high = math.floor(least * 2) / 2, math.ceil(most * 2) / 2
    sheet = Drawing(height=170)
    chart = Chart(sheet=sheet, left=26, top=14, width=WIDTH - 86,
                  height=124, x=Scale(1, last),
                  y=Scale(low, high))  # fmt: skip
    x, y = chart.at(trained, high)
    sheet.box(x, y, chart.at(last, high)[0] - x, 124, SHADE)
    ticks = [low + half / 2 for half in range(int(2 * (high - low)) + 1)]
    chart.scales(
        {1: "1", trained: f"{trained}", last: f"{last}"},
        {one: f"{one:.1f}" for one in ticks},
        "place in the text",
        "bits a byte",
    )
    for (name, values), colour in zip(
        curves.items(), (INK, GOLD, BLUE), strict=True
    ):
        points = list(enumerate(values, start=1))[2:]
        chart.line(points, colour)
        chart.words(name, *points[-1], colour=colour)
    return sheet.typst()


def letters(names: Sequence[str], where: Matrix) -> str:
    """Draw a map of the letters, as far as two numbers can tell."""
    height = 190.0
    sheet = Drawing(height=height + 6)
    across, down = zip(*where, strict=True)
    chart = Chart(sheet=sheet, left=10, top=8, width=WIDTH - 20,
                  height=height - 16, x=Scale(min(across), max(across)),
                  y=Scale(min(down), max(down)))  # fmt: skip
    places = _apart([chart.at(x, y) for x, y in where], 7.0, 9.0)
    for name, at in zip(names, places, strict=True):
        colour = INK if name.islower() else BLUE
        colour = RED if name in "aeiou" else colour
        colour = FAINT if not name.isalpha() else colour
        seen = name.replace(" ", "\u2423").replace("\n", "\u21b5")
        sheet.words(seen, at[0], at[1] + 4, size=11, colour=colour,
                    mono=True)  # fmt: skip
    return sheet.typst()


def _apart(
    points: Sequence[Point], wide: float, high: float
) -> list[Point]:
    """Move points until no two share a box, each pair the shorter way.

    >>> _apart([(0, 0), (1, 0), (30, 0)], 7, 9)
    [(-3.0, 0.0), (4.0, 0.0), (30, 0)]
    """
    moved = list(points)
    for _ in range(200):
        still = True
        for one, other in combinations(range(len(moved)), 2):
            (x, y), (u, v) = moved[one], moved[other]
            across, down = wide - abs(u - x), high - abs(v - y)
            if across <= 0 or down <= 0:
                continue
            still = False
            right = (
                math.copysign(across / 2, u - x) if across < down else 0.0
            )
            below = 0.0 if right else math.copysign(down / 2, v - y)
            moved[one] = x - right, y - below
            moved[other] = u + right, v + below
        if still:
            break
    return moved
