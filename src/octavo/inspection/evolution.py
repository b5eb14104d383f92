"""How attention sharpens: one sentence, looked at as a model learns.

Training adds a moment a dozen times; `attention.safetensors` in the run
folder holds them: `weights` (M, L, H, T, T) in float16, `steps` (M), `ids`
(T), the sentence itself among the metadata, and `seal`, the SHA-256 of all
that: the file tells when a byte of it was changed.

Shapes: M moments, L layers, H heads, T time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor

from octavo.foundation import UserError
from octavo.foundation.files import write_bytes
from octavo.foundation.text import printable
from octavo.inspection.capture import attention_weights
from octavo.interop import read_tensors
from octavo.model import Transformer
from octavo.tokenizer import TokenFile, Tokenizer

FILE_NAME = "attention.safetensors"
NAMES = ("weights", "steps", "ids")
SEAL = "seal"
FEWEST, MOST = 24, 32  # tokens of the sentence: enough to see, and to draw


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """The text whose attention is kept, and its ids."""

    text: str
    ids: list[int]

    @classmethod
    def choose(cls, tokens: TokenFile, tokenizer: Tokenizer) -> Self:
        """Take a line or two from the middle of a text.

        The first whole lines after the middle with 24 to 32 tokens; where
        there are none, the 32 tokens that stand there.
        """
        middle = len(tokens.ids) // 2
        around = tokens.ids[middle : middle + 64 * MOST].tolist()
        for text in whole_lines(tokenizer.decode(around)):
            ids = tokenizer.encode(text)
            if FEWEST <= len(ids) <= MOST:
                return cls(text=text, ids=ids)
        return cls(text=tokenizer.decode(around[:MOST]), ids=around[:MOST])

    @property
    def line(self) -> str:
        """The text on one line, to show."""
        return printable(" / ".join(self.text.strip().splitlines()))

    def cut(self, context: int, tokenizer: Tokenizer) -> Self:
        """Return the beginning that a model's context can hold."""
        if len(self.ids) <= context:
            return self
        ids = self.ids[:context]
        return type(self)(text=tokenizer.decode(ids), ids=ids)


def whole_lines(text: str) -> Iterator[str]:
    r"""Yield each line, and each two in a row, but not the torn ends.

    >>> list(whole_lines("rn\nTo be,\nor not\nto"))
    ['To be,', 'To be,\nor not', 'or not']
    """
    lines = text.split("\n")[1:-1]
    for first, second in zip(lines, [*lines[1:], ""], strict=False):
        if first.strip():
            yield first
            if second.strip():
                yield f"{first}\n{second}"


@dataclass(frozen=True, kw_only=True)
class Evolution:
    """What `attention.safetensors` holds."""

    sentence: Sentence
    steps: list[int]
    weights: NDArray[np.float16]  # (M, L, H, T, T)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a run's file; UserError if it is absent or damaged."""
        path = folder / FILE_NAME
        if not path.is_file():
            raise UserError(
                f"{folder} has no {FILE_NAME}, which training writes while "
                "a model learns: train a run with this Octavo"
            )
        tensors = read_tensors(path)
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get("sentence", "")
        # Those that older versions wrote have no seal.
        seal = tensors.pop(SEAL, None)
        whole = _fit_together(tensors) and (
            seal is None or torch.equal(seal, _seal(text, tensors))
        )
        if not whole:
            raise UserError(
                f"{path} is damaged (it is not what was written): put it "
                "back as it was, or remove it to go on without its moments"
            )
        weights, steps, ids = (tensors[name] for name in NAMES)
        return cls(
            sentence=Sentence(text=text, ids=ids.tolist()),
            steps=steps.tolist(),
            weights=weights.numpy(),
        )

    def write(self, folder: Path) -> None:
        """Write the file, whole or not at all."""
        text = self.sentence.text
        tensors = {
            "weights": torch.from_numpy(self.weights),
            "steps": torch.tensor(self.steps),
            "ids": torch.tensor(self.sentence.ids),
        }
        content = safetensors.torch.save(
            tensors | {SEAL: _seal(text, tensors)},
            metadata={"sentence": text},
        )
        write_bytes(folder / FILE_NAME, content)


def _seal(text: str, tensors: Mapping[str, Tensor]) -> Tensor:
    """Return the SHA-256 of a sentence and its tensors, as 32 bytes."""
    digest = sha256(text.encode())
    for name in NAMES:
        array = tensors[name].numpy()
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)


def _fit_together(tensors: dict[str, Tensor]) -> bool:
    """Return whether these are moments of one sentence."""
    if set(tensors) != set(NAMES):
        return False
    weights, steps, ids = (tensors[name] for name in NAMES)
    if weights.dim() != 5 or weights.dtype != torch.float16:
        return False
    moments, _, _, *square = weights.shape
    time = list(ids.shape)
    return (
        moments > 0
        and list(steps.shape) == [moments]
        and square == time * 2
        and not steps.is_floating_point()
        and not ids.is_floating_point()
    )


class AttentionRecord:
    """The file as training writes it: one moment after the other."""

    def __init__(self, folder: Path, sentence: Sentence) -> None:
        self.folder, self.sentence = folder, sentence
        self.moments: list[tuple[int, NDArray[np.float16]]] = []

    @classmethod
    def reopen(cls, folder: Path, step: int, sentence: Sentence) -> Self:
        """Read the file and forget the moments after `step`.

        What a killed run wrote beyond its last checkpoint is done again; at
        step 0, everything is. The file keeps the sentence that it has.
        """
        record = cls(folder, sentence)
        if step and (folder / FILE_NAME).is_file():
            kept = Evolution.read(folder)
            record.sentence = kept.sentence
            record.moments = [
                (at, weights)
                for at, weights in zip(
                    kept.steps, kept.weights, strict=True
                )
                if at <= step
            ]
        return record

    def add(self, step: int, model: Transformer) -> None:
        """Look at the model now, and write the file anew."""
        weights = attention_weights(model, self.sentence.ids)
        self.moments.append((step, weights.numpy().astype(np.float16)))
        steps, kept = zip(*self.moments, strict=True)
        Evolution(
            sentence=self.sentence,
            steps=list(steps),
            weights=np.stack(kept),
        ).write(self.folder)


def tokens_looked_at(
    weights: NDArray[np.floating],
) -> NDArray[np.float64]:
    """Return among how many tokens a head spreads its look: (..., T, T).

    Two to the power of a row's entropy in bits, averaged over the rows: 1
    for a look at one token, n for an even look at n. Returns (...).
    """
    shares = np.asarray(weights, np.float64)
    bits = -np.sum(shares * np.log2(np.where(shares > 0, shares, 1)), -1)
    spread: NDArray[np.float64] = np.exp2(bits).mean(axis=-1)
    return spread
