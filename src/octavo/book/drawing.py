"""One visual language: how the book draws numbers, tokens and flows.

A drawing is Typst's, so that its letters are the page's own; every length
is in points, from the upper left corner. The same drawing becomes an SVG
for the web, whose colours follow the reader's choice of light and dark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from octavo.foundation.drawing import BLUE, FAINT, GOLD, INK, PAPER, RED

WIDTH = 331.0  # a page's text, in points
CELL = 24.0
HAIR = 0.5
SHADE = "#efeae0"  # a place with nothing in it
__all__ = [
    "BLUE",
    "CELL",
    "FAINT",
    "GOLD",
    "INK",
    "PAPER",
    "RED",
    "SHADE",
    "WIDTH",
    "Drawing",
]


@dataclass
class Drawing:
    """A sheet, and the marks on it."""

    height: float
    width: float = WIDTH
    marks: list[str] = field(default_factory=list)

    def words(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = 8.5,
        colour: str = INK,
        align: str = "center",
        mono: bool = False,
        italic: bool = False,
    ) -> None:
        """Write words on a baseline, by their centre, left or right."""
        if not mono:
            text = text.replace("'", "\u2019")
        face = 'font: "Inconsolata", ' if mono else ""
        face += 'style: "italic", ' if italic else ""
        self.put(
            x,
            y,
            f'words("{align}", text({face}size: {size}pt, '
            f'fill: rgb("{colour}"), {quoted(text)}))',
        )

    def formula(self, typst: str, x: float, y: float) -> None:
        """Write mathematics, centred on a baseline."""
        self.put(x, y, f'words("center", text(size: 10pt, ${typst}$))')

    def cell(
        self,
        x: float,
        y: float,
        text: str,
        strength: float,
        colour: str,
        size: float = CELL,
    ) -> None:
        """Draw a number in a cell, tinted by how large it is."""
        stroke = f'stroke: {HAIR}pt + rgb("{INK}")'
        tint = f'rgb("{colour}").transparentize({100 - 55 * strength:.0f}%)'
        self.put(x, y, _box(size, size, f"fill: {tint}, {stroke}"))
        self.words(text, x + size / 2, y + size / 2 + 3, size=9)

    def matrix(
        self,
        rows: Sequence[Sequence[float | None]],
        x: float,
        y: float,
        *,
        colour: str,
        places: int = 1,
        cell: float = CELL,
    ) -> None:
        """Draw a tensor of rows; None is what a mask hides."""
        seen = [abs(one) for row in rows for one in row if one is not None]
        largest = max(seen) or 1.0
        for i, row in enumerate(rows):
            for j, one in enumerate(row):
                left, top = x + j * cell, y + i * cell
                if one is None:
                    hidden = f'stroke: {HAIR}pt + rgb("{FAINT}")'
                    self.put(left, top, _box(cell, cell, hidden))
                    continue
                text = f"{one:.{places}f}".replace("-", "\u2212")
                strength = abs(one) / largest
                self.cell(left, top, text, strength, colour, cell)

    def box(
        self, x: float, y: float, width: float, height: float, colour: str
    ) -> None:
        """Fill a rectangle."""
        self.put(x, y, _box(width, height, f'fill: rgb("{colour}")'))

    def frame(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: str = FAINT,
    ) -> None:
        """Draw a rectangle's outline."""
        stroke = f'stroke: {HAIR}pt + rgb("{colour}")'
        self.put(x, y, _box(width, height, stroke))

    def circle(
        self, x: float, y: float, radius: float, colour: str = FAINT
    ) -> None:
        """Draw a circle by its centre."""
        how = f'radius: {radius:g}pt, stroke: {HAIR}pt + rgb("{colour}")'
        self.put(x - radius, y - radius, f"circle({how})")

    def share(self, x: float, y: float, cell: float, share: float) -> None:
        """Fill a share of a cell's area; red where it is above half."""
        size = cell * share**0.5
        if size > 0.2:
            inset = (cell - size) / 2
            colour = RED if share > 0.5 else BLUE
            self.box(x + inset, y + inset, size, size, colour)

    def token(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        *,
        fill: str = SHADE,
        colour: str = INK,
        height: float = 20,
    ) -> None:
        """Draw a token, its spaces visible."""
        self.box(x, y, width, height, fill)
        seen = text.replace(" ", "\u2423").replace("\n", "\\n")
        middle, size = x + width / 2, height / 2
        line = y + height / 2 + size * 0.35
        self.words(seen, middle, line, size=size, colour=colour, mono=True)

    def flow(
        self, *corners: tuple[float, float], colour: str = FAINT
    ) -> None:
        """Draw a flow through some corners, with an arrow at its end."""
        points = ", ".join(f"({x:g}pt, {y:g}pt)" for x, y in corners)
        self.put(0, 0, f'flow(rgb("{colour}"), {points})')

    def line(
        self,
        points: Iterable[tuple[float, float]],
        colour: str = INK,
        thickness: float = HAIR,
    ) -> None:
        """Draw a line through some points."""
        first, *rest = (f"({x:.2f}pt, {y:.2f}pt)" for x, y in points)
        path = [f"curve.move({first})", *(f"curve.line({p})" for p in rest)]
        stroke = f'stroke: {thickness}pt + rgb("{colour}")'
        self.put(0, 0, f"curve({stroke}, {', '.join(path)})")

    def dot(
        self, x: float, y: float, colour: str = INK, radius: float = 2.0
    ) -> None:
        """Draw a dot around a point."""
        mark = f'circle(radius: {radius}pt, fill: rgb("{colour}"))'
        self.put(x - radius, y - radius, mark)

    def put(self, x: float, y: float, mark: str) -> None:
        """Place a mark."""
        self.marks.append(f"#place(dx: {x:g}pt, dy: {y:g}pt, {mark})")

    def typst(self) -> str:
        """Return the drawing as Typst."""
        marks = "\n".join(self.marks)
        size = f"width: {self.width:g}pt, height: {self.height:g}pt"
        return f"#block({size})[\n{marks}\n]"


def quoted(text: str) -> str:
    """Return a text as a string of Typst's."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n") + '"'


def _box(width: float, height: float, how: str) -> str:
    """Return a rectangle."""
    return f"rect(width: {width:g}pt, height: {height:g}pt, {how})"
