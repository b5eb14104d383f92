"""Lanes: tokens side by side, and what happens to each on its way down."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from octavo.book.drawing import (
    BLUE,
    FAINT,
    GOLD,
    HAIR,
    INK,
    PAPER,
    RED,
    WIDTH,
    Drawing,
)

LEFT, LANE, TOKEN = 66.0, 31.0, 28.0  # where lanes begin; widths
NUMBER = 9.0  # where a chapter's number ends
SUM = 3.2  # the radius of a sum's sign
STREAM = 0.7
Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Size:
    """Heights, in points, and whether there is room for numbers."""

    token: float
    cell: float
    web: float
    box: float
    bar: float
    gap: float
    numbers: bool


FULL = Size(
    token=19, cell=6, web=56, box=18, bar=18, gap=13, numbers=True
)  # fmt: skip
SMALL = Size(
    token=12, cell=2.5, web=22, box=10, bar=9, gap=5.5, numbers=False
)  # fmt: skip


class Lanes:
    """A sheet that is drawn from the top down; `y` is how far."""

    def __init__(self, count: int, size: Size) -> None:
        self.sheet, self.size = Drawing(height=0), size
        self.middles = [LEFT + LANE * (i + 0.5) for i in range(count)]
        self.end = LEFT + LANE * count
        self.y = 0.0
        self.heights: dict[str, float] = {}  # of parts, for what leads back

    def typst(self) -> str:
        """Return the drawing."""
        self.sheet.height = self.y
        return self.sheet.typst()

    def name(
        self, part: str, words: str, height: float, colour: str
    ) -> None:
        """Write what the part is called that stands at this height."""
        middle = self.heights[part] = self.y + height / 2
        left = NUMBER + 4 if self.size.numbers else 0
        self.sheet.words(
            words, left, middle + 3, size=9.2, colour=colour, align="left"
        )

    def chapter(self, part: str, number: int) -> None:
        """Write the number of a chapter before a part."""
        y = self.heights[part] + 3
        self.sheet.words(
            str(number), NUMBER, y, size=9.2, colour=RED, align="right"
        )

    def beside(
        self, part: str, words: str, colour: str, indent: float = 0
    ) -> None:
        """Write words at the right of a part."""
        x, y = self.end + LANE + 5 + indent, self.heights[part] + 3
        self.sheet.words(words, x, y, size=8, colour=colour, align="left")

    def space(self, height: float | None = None) -> None:
        """Go down, with nothing there."""
        self.y += self.size.gap if height is None else height

    def step(self, height: float | None = None) -> None:
        """Go down, along the lanes."""
        top = self.y
        self.space(height)
        for x in self.middles:
            self.sheet.line([(x, top), (x, self.y)], FAINT, STREAM)

    def sentence(self, text: str, on: bool) -> None:
        """Write a text."""
        self.sheet.words(
            text, LEFT + 2, self.y + self.size.token / 2 + 3, size=12,
            colour=INK if on else FAINT, align="left", italic=True,
        )  # fmt: skip
        self.space(self.size.token + 2)

    def tokens(self, tokens: Iterable[str], on: bool) -> None:
        """Draw a token in each lane."""
        for x, token in zip(self.middles, tokens, strict=True):
            self.token(token, x, self.y, on)
        self.space(self.size.token)

    def token(self, text: str, x: float, y: float, on: bool) -> None:
        """Draw a token; an outline if there is none yet."""
        left, height = x - TOKEN / 2, self.size.token
        if on:
            self.sheet.token(text, left, y, TOKEN, height=height)
        else:
            self.sheet.frame(left, y, TOKEN, height)

    def numbers(self, numbers: Iterable[str]) -> None:
        """Write a number in each lane, if there is room for it."""
        if self.size.numbers:
            self.space(11)
            for x, number in zip(self.middles, numbers, strict=True):
                self.sheet.words(number, x, self.y, colour=FAINT)
            self.space(4)

    def vectors(self, vectors: Matrix, on: bool) -> None:
        """Draw each lane's vector as a strip of cells, by their size."""
        cell, most = self.size.cell, max(map(max_size, vectors))
        for x, vector in zip(self.middles, vectors, strict=True):
            for place, one in enumerate(vector if on else ()):
                tint = 100 - 100 * abs(one) / most
                colour = f'rgb("{BLUE if one > 0 else GOLD}")'
                fill = f"fill: {colour}.transparentize({tint:.0f}%)"
                mark = f"rect(width: 14pt, height: {cell:g}pt, {fill})"
                self.sheet.put(x - 7, self.y + place * cell, mark)
            height, colour = cell * len(vector), INK if on else FAINT
            self.sheet.frame(x - 7, self.y, 14, height, colour)
        self.space(height)

    def clocks(self, on: bool) -> None:
        """Draw how far each lane's queries and keys are turned."""
        radius = self.size.box / 3
        for place, lane in enumerate(self.middles):
            x, y = lane + 3 + radius, self.y + self.size.box / 2
            self.sheet.circle(x, y, radius, INK if on else FAINT)
            if on:
                right, up = math.sin(place), math.cos(place)
                end = x + radius * right, y - radius * up
                self.sheet.line([(x, y), end], RED, 0.9)
        self.step(self.size.box)

    def web(self, looks: Matrix, on: bool) -> None:
        """Draw how much each lane takes from those before it."""
        top, bottom = self.y, self.y + self.size.web
        for lane, row in zip(self.middles, looks, strict=True):
            for other, share in zip(self.middles, row, strict=False):
                if other < lane:
                    colour = BLUE if on else FAINT
                    width = round(0.2 + 6 * share, 2) if on else HAIR / 2
                    ends = [(other, top), (lane, bottom)]
                    self.sheet.line(ends, colour, width)
        self.step(self.size.web)
        self.sums(on)

    def sums(self, on: bool) -> None:
        """Draw where something is added to each lane."""
        y, colour = self.y, INK if on else FAINT
        for x in self.middles:
            self.sheet.dot(x, y, PAPER, SUM)
            self.sheet.circle(x, y, SUM, colour)
            self.sheet.line([(x - SUM, y), (x + SUM, y)], colour)
            self.sheet.line([(x, y - SUM), (x, y + SUM)], colour)

    def networks(self, on: bool) -> None:
        """Draw a network beside each lane, that each passes by itself."""
        top, bottom = self.y, self.y + self.size.box
        for x in self.middles:
            way = [(x, top), (x + 9, top), (x + 9, bottom), (x, bottom)]
            self.sheet.line(way, FAINT, STREAM)
            place = (x + 5, top + 3, 8, bottom - top - 6)
            self.sheet.box(*place, BLUE if on else PAPER)
            self.sheet.frame(*place, INK if on else FAINT)
        self.step(self.size.box)
        self.sums(on)

    def frame(self, top: float, bottom: float, on: bool) -> None:
        """Draw a frame around what is a block."""
        width, colour = self.end - LEFT, INK if on else FAINT
        self.sheet.frame(LEFT, top, width, bottom - top, colour)

    def bar(self, words: str, colour: str, on: bool, height: float) -> None:
        """Draw what all lanes pass, and words in it."""
        width = self.end - LEFT
        if on:
            fill = f'fill: rgb("{colour}").transparentize(65%)'
            mark = f"rect(width: {width:g}pt, height: {height:g}pt, {fill})"
            self.sheet.put(LEFT, self.y, mark)
        else:
            self.sheet.frame(LEFT, self.y, width, height)
        if on and self.size.numbers:
            x, y = (LEFT + self.end) / 2, self.y + height / 2 + 3
            self.sheet.words(words, x, y)
        self.space(height)

    def back(self, parts: Sequence[str], colour: str) -> None:
        """Lead from the first part up to the others, at the right."""
        x, start = WIDTH - 3, self.heights[parts[0]]
        for part in parts[1:]:
            y = self.heights[part]
            self.sheet.flow(
                (self.end + 2, start), (x, start), (x, y), (x - 6, y),
                colour=colour or FAINT,
            )  # fmt: skip

    def again(self, text: str, on: bool) -> None:
        """Lead from the last guess to a token that follows the text."""
        x, top = self.end + LANE / 2, self.heights["tokens"]
        top -= self.size.token / 2
        self.token(text, x, top, on)
        start = self.heights["head"] + self.size.bar / 2 + self.size.gap
        start += self.size.token / 2
        self.sheet.flow(
            (self.end - 1, start), (x, start),
            (x, top + self.size.token + 2), colour=RED if on else FAINT,
        )  # fmt: skip


def max_size(numbers: Sequence[float]) -> float:
    """Return the largest of some numbers, signs put away."""
    return max(map(abs, numbers))
