"""Charts on a drawing: numbers to places, lines through them, and scales.

Few marks: a rule on the left and below, ticks where a number is worth
reading, and each line named beside it, so that no legend is needed.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from octavo.book.drawing import BLUE, FAINT, HAIR, INK, Drawing

Point = tuple[float, float]
Ticks = Mapping[float, str] | Mapping[int, str]


@dataclass(frozen=True)
class Scale:
    """Where numbers from `first` to `last` lie on a length of one."""

    first: float
    last: float
    log: bool = False

    def share(self, value: float) -> float:
        """Return a number's place.

        >>> Scale(1, 100, log=True).share(10)
        0.5
        """
        ends = self.first, self.last, value
        first, last, at = map(math.log, ends) if self.log else ends
        return (at - first) / (last - first)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A part of a sheet in which places are numbers, in points from it."""

    sheet: Drawing
    left: float
    top: float
    width: float
    height: float
    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> Point:
        """Return where on the sheet two numbers meet."""
        return (
            self.left + self.width * self.x.share(x),
            self.top + self.height * (1 - self.y.share(y)),
        )

    def line(
        self,
        points: Iterable[Point],
        colour: str = BLUE,
        thickness: float = 1.1,
    ) -> None:
        """Draw a line through numbers."""
        self.sheet.line([self.at(*p) for p in points], colour, thickness)

    def dot(
        self, x: float, y: float, colour: str = BLUE, radius: float = 2.0
    ) -> None:
        """Draw a dot where two numbers meet."""
        self.sheet.dot(*self.at(x, y), colour, radius)

    def words(
        self,
        text: str,
        x: float,
        y: float,
        *,
        colour: str = INK,
        align: str = "left",
        dx: float = 4.0,
        dy: float = 3.0,
    ) -> None:
        """Write beside the place where two numbers meet."""
        across, down = self.at(x, y)
        self.sheet.words(
            text, across + dx, down + dy, colour=colour, align=align
        )

    def names(
        self, ends: Iterable[tuple[str, Point, str]], apart: float = 10.0
    ) -> None:
        """Name lines at their ends, the names so far apart at least.

        Each is a name, the numbers of an end, and a colour.
        """
        above = -math.inf
        for name, end, colour in sorted(ends, key=lambda one: -one[1][1]):
            down = max(self.at(*end)[1], above + apart)
            shift = down - self.at(*end)[1]
            self.words(name, *end, colour=colour, dy=3 + shift)
            above = down

    def scales(
        self,
        x: Ticks,
        y: Ticks,
        below: str = "",
        above: str = "",
    ) -> None:
        """Draw both rules with ticks, and say what is counted on them.

        `below` is written under the ticks, `above` over the left rule.
        """
        end = self.top + self.height
        right = self.left + self.width
        corner = [(self.left, self.top), (self.left, end), (right, end)]
        self.sheet.line(corner, FAINT, HAIR)
        for value, text in x.items():
            across, _ = self.at(value, self.y.first)
            self.sheet.line([(across, end), (across, end + 3)], FAINT)
            self.sheet.words(text, across, end + 12)
        for value, text in y.items():
            _, down = self.at(self.x.first, value)
            self.sheet.line(
                [(self.left - 3, down), (self.left, down)], FAINT
            )
            self.sheet.words(text, self.left - 6, down + 3, align="right")
        middle = self.left + self.width / 2
        if below:
            self.sheet.words(below, middle, end + 24, colour=FAINT)
        if above:
            self.sheet.words(
                above, self.left, self.top - 7, colour=FAINT, align="left"
            )
