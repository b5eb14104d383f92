"""The decoder: the drawing that grows from chapter to chapter.

Text enters at the top, and each token has a lane of its own down to the
guess at what comes next. What the book has built is filled in, with the
numbers of a real model; what is still to come is an outline.
"""

from collections.abc import Collection, Sequence
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


def whole(line: dict[str, Any]) -> str:
    """Draw all of it, a page high, with its numbers.

    `line` is what a model made of a line of text: see
    `benchmarks/line.py`.
    """
    return Decoder(line, FULL, PARTS, ()).typst()


def grown(line: dict[str, Any], *, parts: Sequence[str]) -> str:
    """Draw what stands at the end of the chapter that built `parts`.

    They are named in red; what earlier chapters built is filled in too.
    """
    check_known("part of the decoder", parts, PARTS)
    now = max(PARTS[part] for part in parts)
    built = [part for part, chapter in PARTS.items() if chapter <= now]
    return Decoder(line, SMALL, built, parts).typst()


def shapes(line: dict[str, Any]) -> dict[str, str]:
    """Return what is written beside the parts, or in them."""
    config, time = line["config"], len(line["ids"])
    losses, weights = line["losses"], line["parameters"]
    return {
        "text": f"{len(''.join(line['tokens'][:-1]).encode())} bytes",
        "embedding": f"{time} \u00d7 {config['width']:,}",
        "attention": f"{config['num_heads']} heads",
        "network": f"{config['mlp_width']:,} wide",
        "head": f"{time} \u00d7 {config['vocab_size']:,}",
        "loss": f"mean {sum(losses) / time:.2f}",
        "in head": f"{config['vocab_size']:,} scores in each lane",
        "in gradients": f"how the loss depends on {weights:,} numbers",
        "in optimizer": "moves each of them a little",
    }


class Decoder:
    """A sheet on which the parts are drawn, from the top down."""

    def __init__(
        self,
        line: dict[str, Any],
        size: Size,
        built: Collection[str],
        new: Collection[str],
    ) -> None:
        self.line, self.size = line, size
        self.built, self.new = built, new
        self.tokens: list[str] = line["tokens"]  # and the one that came
        self.shapes = shapes(line)
        self.lanes = Lanes(len(line["ids"]), size)

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
            self.lanes.beside(name, self.shapes.get(name, ""), FAINT)
        return on

    def note(self, words: str) -> None:
        """Say what the tokens at this height are, if there is room."""
        if self.size.numbers:
            self.lanes.name("", words, self.size.token, FAINT)

    def reading(self) -> None:
        """Draw the text, its tokens with their ids, and their vectors."""
        lanes, size, (*text, _) = self.lanes, self.size, self.tokens
        lanes.sentence("".join(text), self.part("text", size.token))
        lanes.tokens(text, self.part("tokens", size.token))
        lanes.numbers(map(str, self.line["ids"]))
        lanes.step()
        vectors = self.line["vectors"]
        height = size.cell * len(vectors[0])
        lanes.vectors(vectors, self.part("embedding", height))
        lanes.step()

    def block(self) -> None:
        """Draw one block open, and the others folded."""
        lanes, size = self.lanes, self.size
        top = lanes.y - size.gap / 3
        lanes.clocks(self.part("positions", size.box))
        lanes.web(self.line["looks"], self.part("attention", size.web))
        lanes.step()
        lanes.networks(self.part("network", size.box))
        lanes.frame(top, lanes.y + 5, "network" in self.built)
        lanes.step()
        depth = self.line["config"]["num_layers"]
        on = self.part("blocks", size.bar, f"blocks 2 to {depth}")
        for _ in range(2, depth + 1):
            lanes.bar("", BLUE, on, size.bar / depth)
            lanes.step(1.5)
        lanes.step()

    def answer(self) -> None:
        """Draw the head, the likeliest tokens, those that came, a loss."""
        lanes, size = self.lanes, self.size
        on = self.part("head", size.bar)
        lanes.bar(self.shapes["in head"], BLUE, on, size.bar)
        lanes.step()
        self.note("likeliest")
        best = [place[0] for place in self.line["places"]]
        lanes.tokens([token for token, _ in best], on)
        lanes.numbers(f"{share:.0%}" for _, share in best)
        lanes.space()
        self.note("what came")
        below = 2 * (size.token - 3) + 22 if size.numbers else size.token
        on = self.part("loss", below)
        lanes.tokens(self.tokens[1:], on)
        lanes.numbers(f"{loss:.2f}" for loss in self.line["losses"])
        lanes.space()

    def training(self) -> None:
        """Draw how the loss changes every weight."""
        lanes, size = self.lanes, self.size
        for name in ("gradients", "optimizer"):
            on = self.part(name, size.bar)
            lanes.bar(self.shapes[f"in {name}"], GOLD, on, size.bar)
            lanes.space(size.gap / 2)
        parts = ("optimizer", "head", "blocks", "attention", "embedding")
        lanes.back(parts, GOLD if "optimizer" in self.built else "")

    def writing(self) -> None:
        """Draw how a guess becomes the text's next token."""
        on, new = "writing" in self.built, "writing" in self.new
        guess, _ = self.line["places"][-1][0]
        self.lanes.again(guess, on)
        colour = RED if new else INK if on else FAINT
        number = f"{PARTS['writing']}" if self.size.numbers else ""
        self.lanes.beside("tokens", number, RED)
        indent = 11 if self.size.numbers else 0
        self.lanes.beside("tokens", "writing", colour, indent)
