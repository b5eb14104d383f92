"""The table: runs that were recorded, and the laws fitted on them.

`table.json` is written by `benchmarks/dial.py`, which has each run's own
record beside it. There are two families, since a model of bytes and one of
longer tokens learn a text at different prices.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from octavo.evaluation import NgramModel
from octavo.model import ModelConfig
from octavo.tokenizer import TokenFile, Tokenizer
from octavo.training.dial.law import Cell, Law

# Of a text, the bytes that trigrams are counted on and judged by.
COUNTED, JUDGED = 300_000, 50_000
REACH = 3.0  # times as large or as long as a recorded run: still near


@dataclass(frozen=True, kw_only=True)
class Recorded(Cell):
    """A run on record, and how its training loss fell."""

    size: str
    tokens: int
    curve: tuple[float, ...]  # bits per byte, at even shares of the run


@dataclass(frozen=True, kw_only=True)
class Family:
    """What is known of one kind of vocabulary, on the text it is from."""

    text: str  # its name, for people
    hardness: float  # of that text
    law: Law
    runs: tuple[Recorded, ...]

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Family":
        """Read a family of table.json."""
        runs = [
            Recorded(**(run | {"curve": tuple(run["curve"])}))
            for run in content["runs"]
        ]
        return cls(
            text=content["text"],
            hardness=content["hardness"],
            law=Law(**content["law"]),
            runs=tuple(runs),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_dict` reads."""
        return asdict(self)


@cache
def families() -> dict[str, Family]:
    """Return the families of the table: "bpe" and "bytes"."""
    path = files("octavo.training.dial") / "table.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Family.from_dict(family)
        for name, family in content["families"].items()
    }


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What the table says of one text: the law, times how hard it is."""

    family: Family
    ratio: float  # this text's hardness to the recorded one's
    text: float  # bytes to train on
    bytes_per_token: float

    @classmethod
    def of(
        cls, train: TokenFile, held_out: TokenFile, tokenizer: Tokenizer
    ) -> Self:
        """Measure a text, and find its family."""
        name = "bytes" if tokenizer.vocab_size <= 256 else "bpe"
        family = families()[name]
        text = float(train.num_bytes.sum())
        return cls(
            family=family,
            ratio=hardness(train, held_out, tokenizer) / family.hardness,
            text=text,
            bytes_per_token=text / len(train.ids),
        )

    def nearest(self, model: ModelConfig, tokens: int) -> Recorded | None:
        """Return the recorded run nearest in size and length, in reach."""
        size, read = block_parameters(model), tokens * self.bytes_per_token

        def distances(run: Recorded) -> tuple[float, float]:
            larger, longer = size / run.parameters, read / run.read
            return abs(math.log(larger)), abs(math.log(longer))

        nearest = min(self.family.runs, key=lambda run: sum(distances(run)))
        within = max(distances(nearest)) < math.log(REACH)
        return nearest if within else None

    def rule(self, model: ModelConfig, tokens: int) -> str:
        """Say what the expectation of a run rests on, for people."""
        rule = f"the law through recorded runs on {self.family.text}"
        if self.nearest(model, tokens) is None:
            rule += ", none of them near this one"
        if abs(self.ratio - 1) < 0.005:
            return rule
        return (
            f"{rule}; to trigrams this text is {self.ratio:.2f} times as "
            "hard, and yours may differ"
        )

    def bits_per_byte(self, model: ModelConfig, tokens: int) -> float:
        """Return what a model is expected to reach with a budget."""
        return self.ratio * self.family.law.bits_per_byte(
            block_parameters(model),
            tokens * self.bytes_per_token,
            self.text,
        )


def block_parameters(model: ModelConfig) -> int:
    """Return the parameters of a model's blocks, without norms and biases.

    That is N of the law. Embeddings grow with the vocabulary, and hardly
    help by that.
    """
    heads = 2 * (model.num_heads + model.num_kv_heads) * model.head_width
    matrices = 3 if model.mlp == "swiglu" else 2
    one = model.width * (heads + matrices * model.mlp_width)
    return model.num_layers * one


def matrix_parameters(model: ModelConfig) -> int:
    """Return how many parameters take part in products, the head's too."""
    return block_parameters(model) + model.vocab_size * model.width


def hardness(
    train: TokenFile, held_out: TokenFile, tokenizer: Tokenizer
) -> float:
    """Return how hard a text is: trigrams' bits per byte, by bytes.

    Other texts differ from the recorded one mostly by this factor.
    """
    known = _bytes(train, tokenizer, COUNTED)
    judged = _bytes(held_out, tokenizer, JUDGED)
    nats = NgramModel.train(known, 3, 256).nats(judged)
    return float(nats.mean() / np.log(2))


def _bytes(
    tokens: TokenFile, tokenizer: Tokenizer, most: int
) -> NDArray[np.integer]:
    """Return a text's first bytes as ids."""
    text = tokenizer.decode_bytes(tokens.ids[:most].tolist())[:most]
    return np.frombuffer(text, np.uint8)
