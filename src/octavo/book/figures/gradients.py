"""Chapter 8: every gradient by hand."""

from collections.abc import Sequence

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import (
    BLUE,
    CELL,
    FAINT,
    GOLD,
    HAIR,
    INK,
    PAPER,
    RED,
    SHADE,
    Drawing,
)

Row = Sequence[float]
Matrix = Sequence[Row]
HALF = CELL / 2
SMALL = 20.0  # a cell, where there are many
RIM = 8.0  # the radius of an operation's circle
POWERS = {1: "1", 1e-3: "10⁻³", 1e-6: "10⁻⁶", 1e-9: "10⁻⁹"}


def graph(
    x: float, w: float, t: float, h: float, y: float, e: float,
    loss: float, de: float, dy: float, dh: float, dw: float, dx: float,
) -> str:  # fmt: skip
    """Draw four steps with their numbers, and the gradients below."""
    sheet = Drawing(height=134)
    high, low = 16.0, 88.0
    lane, lower = high + HALF, low + HALF
    for name, value, slope, left, top, colour in (
        ("x", x, dx, 4, high, BLUE),
        ("w", w, dw, 4, low, GOLD),
        ("h", h, dh, 92, low, INK),
        ("y", y, dy, 174, high, INK),
        ("t", t, None, 214, low, BLUE),
        ("e", e, de, 246, high, INK),
        ("L", loss, 1.0, 307, high, RED),
    ):
        sheet.matrix([[value]], left, top, colour=colour)
        sheet.formula(name, left + HALF, top - 5)
        if slope is not None:
            _slope(sheet, slope, left + HALF, top + CELL + 12)
    for sign, at, level in (
        ("times", 62, lower),
        ("+", 148, lane),
        ("-", 226, lane),
        ('"²"', 288, lane),
    ):
        _operation(sheet, sign, at, level)
    for start, end in (
        ((29, lower), (53, lower)),
        ((71, lower), (91, lower)),
        ((29, lane), (139, lane)),
        ((157, lane), (173, lane)),
        ((199, lane), (217, lane)),
        ((235, lane), (245, lane)),
        ((271, lane), (279, lane)),
        ((297, lane), (306, lane)),
        ((29, lane + 7), (56, lower - 7)),
        ((117, low + 4), (142, lane + 8)),
        ((226, low - 16), (226, lane + 9)),
    ):
        sheet.flow(start, end)
    _slope(sheet, dy, 84, lane - 5)
    _slope(sheet, dh * w, 54, lane + 28)
    return sheet.typst()


def _slope(sheet: Drawing, value: float, x: float, y: float) -> None:
    """Write a gradient."""
    sheet.words(f"{value:g}", x, y, colour=RED, size=9.5)


def _operation(sheet: Drawing, sign: str, x: float, y: float) -> None:
    """Draw an operation's circle around a point."""
    look = f'fill: rgb("{PAPER}"), stroke: {HAIR}pt + rgb("{INK}")'
    sheet.put(x - RIM, y - RIM, f"circle(radius: {RIM}pt, {look})")
    sheet.formula(sign, x, y + 3)


def surprise(
    names: Sequence[str], share: Row, came: Row, difference: Row
) -> str:
    """Draw what was expected, what came, and one less the other."""
    row, long, left = 19.0, 70.0, 34.0
    sheet = Drawing(height=row * len(names) + 20)
    event = [float(n == came[0]) for n in range(len(names))]
    panels = (
        ("expected", share, left, BLUE),
        ("came", event, left + 112, GOLD),
        ("gradient", difference, left + 252, RED),
    )
    for n, name in enumerate(names):
        y = 20 + n * row
        sheet.words(name, left - 6, y + 9, align="right", mono=True)
        for _, values, x, colour in panels:
            _bar(sheet, values[n], x, y, long * 0.62, colour)
    for title, _, x, _ in panels:
        middle = x + (0 if title == "gradient" else long * 0.31)
        sheet.words(title, middle, 9, colour=FAINT)
    middle = 20 + row * len(names) / 2
    sheet.formula("-", left + 92, middle)
    sheet.formula("=", left + 186, middle)
    return sheet.typst()


def _bar(
    sheet: Drawing, value: float, x: float, y: float, long: float,
    colour: str,
) -> None:  # fmt: skip
    """Draw a number as a bar to the right of x, or left below zero."""
    end = x + value * long
    sheet.line([(x, y - 3), (x, y + 16)], FAINT)
    sheet.box(min(x, end), y, abs(end - x), 13, colour)
    text = f"{value:.2f}".replace("-", "\u2212")
    beyond = end + (4 if value >= 0 else -4)
    align = "left" if value >= 0 else "right"
    sheet.words(text, beyond, y + 9.5, align=align)


def products(
    vectors: Matrix, weight: Matrix, out: Matrix,
    dout: Matrix, dvectors: Matrix, dweight: Matrix,
) -> str:  # fmt: skip
    """Draw a layer's product, and the two of its way back."""
    sheet = Drawing(height=282)
    x, w, y = ("X", vectors, BLUE), ("W", weight, GOLD), ("Y", out, INK)
    gradient = ("G", dout, RED)
    _product(sheet, 16, x, ("W^top", _turned(weight), GOLD), y)
    _product(sheet, 98, gradient, w, ("G W", dvectors, RED))
    turned = ("G^top", _turned(dout), RED)
    _product(sheet, 202, turned, x, ("G^top X", dweight, RED))
    return sheet.typst()


def _turned(rows: Matrix) -> list[list[float]]:
    """Return a matrix with its columns as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def _product(
    sheet: Drawing, top: float, *parts: tuple[str, Matrix, str]
) -> None:
    """Draw two matrices, and a third that is their product."""
    high = max(len(rows) for _, rows, _ in parts) * SMALL
    left = 34.0
    for number, (name, rows, colour) in enumerate(parts):
        down = top + (high - len(rows) * SMALL) / 2
        wide = len(rows[0]) * SMALL
        sheet.matrix(rows, left, down, colour=colour, places=0, cell=SMALL)
        sheet.formula(name, left + wide / 2, down - 5)
        left += wide + 30
        if sign := ("times", "=", "")[number]:
            sheet.formula(sign, left - 15, top + high / 2 + 3)


def across(vector: Row, unit: Row, pull: Row) -> str:
    """Draw a vector in the plane, and what of a gradient stands across."""
    sheet = Drawing(height=118)

    def at(point: complex) -> tuple[float, float]:
        return 110 + point.real, 112 - point.imag

    tip, u, g = (complex(*one) for one in (vector, unit, pull))
    along = u * (g * u.conjugate()).real / 2  # the part of g that u has
    tip, long = 19 * tip, 62.0
    sheet.line([at(-8), at(150)], FAINT)
    sheet.line([at(-6j), at(98j)], FAINT)
    sheet.flow(at(0), at(tip), colour=BLUE)
    sheet.formula("x", *at(tip / 2 - 9))
    sheet.formula("g", *at(tip + long * g + 8 - 3j))
    for towards, name, colour, beside in (
        (g, "", INK, 0j),
        (along, "dropped", FAINT, 2j - 20),
        (g - along, "kept", RED, 4 - 12j),
    ):
        end = tip + long * towards
        sheet.flow(at(tip), at(end), colour=colour)
        sheet.words(name, *at(end + beside), colour=colour)
    return sheet.typst()


def scatter(dcopies: Matrix, drows: Matrix) -> str:
    """Draw how the gradients of places gather in a table's rows."""
    text = ["to", "be", "or", "not", "to", "be"]
    sheet = Drawing(height=176)
    half = SMALL / 2
    for place, token in enumerate(text):
        x = 16 + place * 55.0
        sheet.token(token, x - 4, 0, SMALL + 8)
        column = [[one] for one in dcopies[place]]
        sheet.matrix(column, x, 25, colour=RED, places=0, cell=SMALL)
        row = 72 + text.index(token) * 55.0
        sheet.flow((x + half, 68), (row + half, 107))
    for row, gradient in enumerate(drows):
        x = 72 + row * 55.0
        column = [[one] for one in gradient]
        sheet.matrix(column, x, 110, colour=RED, places=0, cell=SMALL)
        sheet.token(text[row], x - 4, 155, SMALL + 8)
    return sheet.typst()


def nudges(
    double_steps: Row, double: Row, single_steps: Row, single: Row
) -> str:
    """Draw how far a measured slope is off, for each step."""
    sheet = Drawing(height=168)
    chart = Chart(
        sheet=sheet,
        left=40,
        top=18,
        width=270,
        height=114,
        x=Scale(10**0.3, 10**-12.3, log=True),
        y=Scale(1e-11, 10, log=True),
    )
    steps = POWERS | {1e-12: "10⁻¹²"}
    chart.scales(steps, POWERS, below="step", above="error")
    for tried, errors, colour in (
        (double_steps, double, BLUE),
        (single_steps, single, GOLD),
    ):
        points = list(zip(tried, errors, strict=True))
        chart.line(points, colour)
        for x, y in points:
            chart.dot(x, y, colour, 1.6)
    chart.words("single precision", 10**-7.4, 10**-0.3, colour=GOLD)
    chart.words("double precision", 10**-9.0, 10**-8.0, colour=BLUE)
    return sheet.typst()


def stream() -> str:
    """Draw a block's two sums, and the gradients that pass them."""
    sheet = Drawing(height=86)
    lane, down, width = 22.0, 74.0, 118.0
    sheet.words("in", 38, lane + 3, align="left", colour=FAINT)
    sheet.words("out", 302, lane + 3, align="left", colour=FAINT)
    for left, name in ((56.0, "attention"), (56.0 + width, "MLP")):
        plus, right = left + 92, left + 76
        sheet.box(left + 13, down - 11, 62, 22, SHADE)
        sheet.words(f"norm, {name}", left + 44, down + 3)
        _operation(sheet, "+", plus, lane)
        there, back = down - 5, down + 5
        for colour, *corners in (
            (INK, (left - 6, lane), (plus - 9, lane)),
            (INK, (left + 5, lane), (left + 5, there), (left + 12, there)),
            (INK, (right, there), (plus - 3, there), (plus - 3, lane + 9)),
            (RED, (plus - 9, lane - 7), (left - 6, lane - 7)),
            (RED, (plus + 4, lane + 9), (plus + 4, back), (right, back)),
            (
                RED,
                (left + 12, back),
                (left - 2, back),
                (left - 2, lane + 3),
            ),
        ):
            sheet.flow(*corners, colour=colour)
    end = 56 + width + 92
    sheet.flow((end + 9, lane), (end + 32, lane), colour=INK)
    sheet.flow((end + 32, lane - 7), (end + 9, lane - 7), colour=RED)
    return sheet.typst()
