"""Packing: conversations one after another in a row, none hearing another.

Conversations are of many lengths. Padded to the longest, most of what a
step computes would be padding; in a row nothing is. The model is told
where each begins: its positions count from zero there, and attention does
not reach back beyond it (`Transformer.hidden`, `lengths`).

Shapes: N tokens in a row.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from octavo.finetuning.rendering import Rendered
from octavo.foundation import UserError
from octavo.training.batches import Batches

UNTRAINED = -100  # a target that is none: PyTorch's own mark for it
STEP = 16  # lengths of conversations are rounded up to multiples of it


class Pack(NamedTuple):
    """What one step reads: conversations in a row."""

    inputs: Tensor  # (1, N)
    targets: Tensor  # (1, N): what follows, or UNTRAINED
    lengths: list[int]  # of the conversations, N in all


def pack(conversations: Sequence[Rendered]) -> Pack:
    """Put rendered conversations in a row.

    Of each, the last id is a target only, and the first an input only.
    See `fill` for rows of lengths that recur.

    >>> spoken = Rendered(ids=[7, 8, 9], trained=[False, False, True])
    >>> pack([spoken, spoken]).targets.tolist()
    [[-100, 9, -100, 9]]
    """
    inputs: list[int] = []
    targets: list[int] = []
    for each in conversations:
        inputs += each.ids[:-1]
        targets += [
            following if learned else UNTRAINED
            for following, learned in zip(
                each.ids[1:], each.trained[1:], strict=True
            )
        ]
    return Pack(
        inputs=torch.tensor([inputs]),
        targets=torch.tensor([targets]),
        lengths=[len(each.ids) - 1 for each in conversations],
    )


def fill(row: Pack, context: int) -> Pack:
    """Fill a row up to whole contexts, with a text that is not learned.

    PyTorch's products are compiled for each shape and kept: rows that all
    have lengths of their own would fill the memory with them.
    """
    short = -row.inputs.shape[1] % context
    if not short:
        return row
    return Pack(
        inputs=functional.pad(row.inputs, (0, short)),
        targets=functional.pad(row.targets, (0, short), value=UNTRAINED),
        lengths=[*row.lengths, short],
    )


def rounded(spoken: Rendered, context: int) -> Rendered:
    """Lengthen a conversation to one of few lengths, by ids not learned.

    It is no longer than the context afterwards, if it was not before.
    """
    short = min(
        -(len(spoken.ids) - 1) % STEP, context + 1 - len(spoken.ids)
    )
    return Rendered(
        ids=spoken.ids + [0] * short,
        trained=spoken.trained + [False] * short,
    )


class Passes:
    """Shuffled passes over so many things, some of them at each step.

    As with `Batches`, nothing but the seed and the step decides what a
    step reads: a run can stop at any, and go on with the very next.
    """

    def __init__(self, count: int, size: int, seed: int) -> None:
        self.count, self.size, self.seed = count, size, seed

    def at(self, step: int) -> list[int]:
        """Return the numbers of a step, counted over all passes."""
        first = step * self.size
        return [self._of(n) for n in range(first, first + self.size)]

    def _of(self, number: int) -> int:
        """Return which thing is the one of this number over all."""
        turn, place = divmod(number, self.count)
        return int(shuffled(self.count, self.seed, turn)[place])


class Packs:
    """The packs of a run, one for each step.

    With a text, windows of it stand behind the conversations, all learned.
    Packs are whole contexts (see `fill`), if they are told one.
    """

    def __init__(
        self,
        conversations: Sequence[Rendered],
        size: int,
        seed: int,
        text: Batches | None = None,
        context: int = 0,
    ) -> None:
        self.text, self.context = text, context
        self.conversations = [
            rounded(each, context) if context else each
            for each in conversations
        ]
        self.passes = Passes(len(conversations), size, seed)
        self.tokens_per_step = round(size * mean_length(conversations))
        if text:
            self.tokens_per_step += text.tokens_per_step

    def at(self, step: int) -> Pack:
        """Return the pack of a step."""
        said = pack([self.conversations[n] for n in self.passes.at(step)])
        row = behind(said, *self.text.at(step)) if self.text else said
        return fill(row, self.context) if self.context else row


def behind(said: Pack, inputs: Tensor, targets: Tensor) -> Pack:
    """Put windows of a text, (B, T) each, behind conversations."""
    windows, length = inputs.shape
    return Pack(
        inputs=torch.cat([said.inputs, inputs.reshape(1, -1)], dim=1),
        targets=torch.cat([said.targets, targets.reshape(1, -1)], dim=1),
        lengths=[*said.lengths, *[length] * windows],
    )


@lru_cache(maxsize=2)
def shuffled(count: int, seed: int, turn: int) -> NDArray[np.int64]:
    """Return the order of one pass over so many conversations."""
    return np.random.default_rng([seed, turn]).permutation(count)


def fitting(
    conversations: Sequence[Rendered], context: int
) -> list[Rendered]:
    """Return the conversations that a context has room for.

    Raises UserError if none is.
    """
    kept = [each for each in conversations if len(each.ids) <= context + 1]
    if not kept:
        shortest = min(len(each.ids) for each in conversations)
        raise UserError(
            f"no conversation fits the model's context of {context} "
            f"tokens; the shortest has {shortest}: train a base with a "
            "larger --context"
        )
    return kept


def mean_length(conversations: Sequence[Rendered]) -> float:
    """Return how many tokens a conversation has on average."""
    return sum(len(c.ids) for c in conversations) / len(conversations)
