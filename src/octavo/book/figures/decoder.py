"""The decoder: the drawing that grows from chapter to chapter.

Text enters at the top, and each token has a lane of its own down to the
guess at what comes next. What the book has built is filled in, with the
numbers of a real model; what is still to come is an outline.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from octavo.book.drawing import BLUE, FAINT, GOLD, INK, RED
from octavo.book.figures.lanes import FULL, SMALL, Lanes, Size
from octavo.foundation import check_known

PARTS = {  # and the chapters that build them
    "text": 3,
    "tokens": 4,
    "embedding": 5,
    "positions": 5,
    "attention": 6,
    "network": 7,
    "blocks": 7,
    "head": 7,
    "loss": 2,
    "gradients": 8,
    "optimizer": 9,
    "writing": 11,
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one model made of one line of text."""

    tokens: Sequence[str]  # one more than there are ids: what came
    ids: Sequence[int]
    vectors: Sequence[Sequence[float]]  # of each token, its first numbers
    looks: Sequence[Sequence[float]]  # one head's attention weights
    guesses: Sequence[tuple[str, float]]  # the likeliest, by lane
    losses: Sequence[float]
    shapes: dict[str, str]  # what is written beside a part
    words: dict[str, str]  # or in it


def whole(seen: dict[str, Any]) -> str:
    """Draw all of it, a page high, with its numbers."""
    return Decoder(Seen(**seen), FULL, PARTS, ()).typst()


def grown(seen: dict[str, Any], *, parts: Sequence[str]) -> str:
    """Draw what stands at the end of the chapter that built `parts`.

    They are named in red; what earlier chapters built is filled in too.
    """
    check_known("part of the decoder", parts, PARTS)
    now = max(PARTS[part] for part in parts)
    built = [part for part, chapter in PARTS.items() if chapter <= now]
    return Decoder(Seen(**seen), SMALL, built, parts).typst()


class Decoder:
    """A sheet on which the parts are drawn, from the top down."""

    def __init__(
        self,
        seen: Seen,
        size: Size,
        built: Collection[str],
        new: Collection[str],
    ) -> None:
        self.seen, self.size = seen, size
        self.built, self.new = built, new
        self.lanes = Lanes(len(seen.ids), size)

    def typst(self) -> str:
        """Draw the parts, and what leads from one to another."""
        self.reading()
        self.block()
        self.answer()
        self.training()
        self.writing()
        return self.lanes.typst()

    def part(self, name: str, height: float, title: str = "") -> bool:
        """Write a part's name beside it; return whether it is built."""
        on = name in self.built
        colour = INK if on else FAINT
        colour = RED if name in self.new else colour
        self.lanes.name(name, title or name, height, colour)
        if self.size.numbers:
            self.lanes.chapter(name, PARTS[name])
            self.lanes.beside(name, self.seen.shapes.get(name, ""), FAINT)
        return on

    def note(self, words: str) -> None:
        """Say what the tokens at this height are, if there is room."""
        if self.size.numbers:
            self.lanes.name("", words, self.size.token, FAINT)

    def reading(self) -> None:
        """Draw the text, its tokens with their ids, and their vectors."""
        seen, lanes, size = self.seen, self.lanes, self.size
        lanes.sentence(
            "".join(seen.tokens[:-1]), self.part("text", size.token)
        )
        lanes.tokens(seen.tokens[:-1], self.part("tokens", size.token))
        lanes.numbers(map(str, seen.ids))
        lanes.step()
        height = size.cell * len(seen.vectors[0])
        lanes.vectors(seen.vectors, self.part("embedding", height))
        lanes.step()

    def block(self) -> None:
        """Draw one block open, and the others folded."""
        lanes, size = self.lanes, self.size
        top = lanes.y - size.gap / 3
        lanes.clocks(self.part("positions", size.box))
        lanes.web(self.seen.looks, self.part("attention", size.web))
        lanes.step()
        lanes.networks(self.part("network", size.box))
        lanes.frame(top, lanes.y + 5, "network" in self.built)
        lanes.step()
        on = self.part("blocks", size.bar, "blocks 2 to 4")
        for _ in range(3):
            lanes.bar("", BLUE, on, size.bar / 3 - 1)
            lanes.step(1.5)
        lanes.step()

    def answer(self) -> None:
        """Draw the head, what it finds likeliest, what came, and the loss."""
        seen, lanes, size = self.seen, self.lanes, self.size
        on = self.part("head", size.bar)
        lanes.bar(seen.words["head"], BLUE, on, size.bar)
        lanes.step()
        self.note("likeliest")
        lanes.tokens([token for token, _ in seen.guesses], on)
        lanes.numbers(f"{share:.0%}" for _, share in seen.guesses)
        lanes.space()
        self.note("what came")
        below = 2 * (size.token - 3) + 22 if size.numbers else size.token
        on = self.part("loss", below)
        lanes.tokens(seen.tokens[1:], on)
        lanes.numbers(f"{loss:.2f}" for loss in seen.losses)
        lanes.space()

    def training(self) -> None:
        """Draw how the loss changes every weight."""
        lanes, size = self.lanes, self.size
        for name in ("gradients", "optimizer"):
            on = self.part(name, size.bar)
            lanes.bar(self.seen.words[name], GOLD, on, size.bar)
            lanes.space(size.gap / 2)
        parts = ("optimizer", "head", "blocks", "attention", "embedding")
        lanes.back(parts, GOLD if "optimizer" in self.built else "")

    def writing(self) -> None:
        """Draw how a guess becomes the text's next token."""
        on, new = "writing" in self.built, "writing" in self.new
        self.lanes.again(self.seen.tokens[-1], on)
        colour = RED if new else INK if on else FAINT
        chapter = f" {PARTS['writing']}" if self.size.numbers else ""
        self.lanes.beside("tokens", f"writing{chapter}", colour)
