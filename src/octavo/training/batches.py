"""Batches: which tokens a step reads, as a function of the step alone.

Because nothing but the seed and the step decides, a run can stop at any
step and go on with the very next batch.

Shapes: B windows in a batch, T tokens in a window.
"""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from octavo.foundation import UserError
from octavo.tokenizer import TokenFile
from octavo.training.recipe import Recipe


def num_windows(num_tokens: int, context: int) -> int:
    """Return how many windows a pass reads: at any offset, as many.

    That is one less than fits, and may be none.
    """
    return max(0, (num_tokens - context) // context)


class Batches:
    """Shuffled passes over a text, cut into windows that do not overlap.

    Every pass starts its cuts at another offset and takes the windows in
    another order: each token is read once a pass, in new company. That
    teaches more than windows at random places do.
    """

    def __init__(
        self,
        ids: NDArray[np.integer],
        context: int,
        batch_size: int,
        seed: int,
        token_noise: float = 0.0,
    ) -> None:
        self.ids = ids
        self.context, self.batch_size = context, batch_size
        self.seed, self.token_noise = seed, token_noise
        self.windows_per_pass = num_windows(len(ids), context)
        if self.windows_per_pass < 1:
            raise UserError(
                f"the training text is only {len(ids)} tokens long, and a "
                f"context of {context} needs {2 * context}: give more text "
                "or a smaller --context"
            )
        if batch_size > self.windows_per_pass:
            raise UserError(
                f"a batch of {batch_size} windows is more than one pass "
                f"through the training text, {self.windows_per_pass}: give "
                "a smaller --batch-size or --context, or more text"
            )
        self.tokens_per_step = batch_size * context
        self._pass = -1
        self._starts: NDArray[np.int64] = np.empty(0, np.int64)

    @classmethod
    def of(cls, recipe: Recipe, train: TokenFile) -> Self:
        """Return a recipe's batches; UserError if the text is too short."""
        training = recipe.training
        return cls(
            train.ids,
            recipe.model.context,
            training.batch_size,
            training.seed,
            training.token_noise,
        )

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Return a step's inputs and, one on, targets: (B, T) each."""
        windows = np.stack(
            [
                self.ids[at : at + self.context + 1]
                for at in self.starts(step)
            ]
        )
        ids = torch.from_numpy(windows.astype(np.int64))
        return self._noisy(ids[:, :-1], step), ids[:, 1:]

    def _noisy(self, inputs: Tensor, step: int) -> Tensor:
        """Replace a share of (B, T) inputs by tokens from anywhere."""
        if not self.token_noise:
            return inputs
        random = np.random.default_rng([self.seed, step, 1])
        where = random.random(inputs.shape) < self.token_noise
        places = random.integers(len(self.ids), size=where.sum())
        noisy = inputs.numpy().copy()  # targets stay what they are
        noisy[where] = self.ids[places]
        return torch.from_numpy(noisy)

    def starts(self, step: int) -> list[int]:
        """Return where in the text the windows of a step begin."""
        first = step * self.batch_size
        numbers = range(first, first + self.batch_size)
        return [self._start(number) for number in numbers]

    def _start(self, number: int) -> int:
        """Return where the window of this number over all begins."""
        turn, place = divmod(number, self.windows_per_pass)
        if turn != self._pass:
            self._pass, self._starts = turn, self._order(turn)
        return int(self._starts[place])

    def _order(self, turn: int) -> NDArray[np.int64]:
        """Return the starts of one pass's windows, shuffled."""
        random = np.random.default_rng([self.seed, turn])
        offset = int(random.integers(self.context))
        order = random.permutation(self.windows_per_pass)
        return offset + order * self.context
