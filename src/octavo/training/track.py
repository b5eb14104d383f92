"""Is it normal? A run's loss beside that of a recorded run like it.

A run is cut into twentieths. After each, the mean training loss of its
steps is compared with that of the same twentieth of the nearest recorded
run, scaled by what the law says of the difference between the two.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from octavo.training.dial.table import Outlook
from octavo.training.run import Run

PARTS = 20
TOLERANCE = 0.1  # of the loss; recorded runs with other seeds keep to it
ALIKE = (0.8, 1.25)  # how hard a text may be, Shakespeare being 1


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is found at a share of a run, and what was expected there."""

    share: float
    found: float  # bits per byte, of training
    expected: float

    @property
    def word(self) -> str:
        """One of "on track", "behind" and "ahead"."""
        if self.found > (1 + TOLERANCE) * self.expected:
            return "behind"
        ahead = self.found < (1 - TOLERANCE) * self.expected
        return "ahead" if ahead else "on track"

    def __str__(self) -> str:
        meaning = {
            "behind": "learning rate? octavo doctor can tell more",
            "on track": "it learns as recorded runs like it did",
            "ahead": "it learns better than recorded runs like it",
        }
        return (
            f"{self.word}: {self.found:.2f} bits per byte in training at "
            f"{self.share:.0%}, where {self.expected:.2f} is usual "
            f"({meaning[self.word]})"
        )


@dataclass(frozen=True, kw_only=True)
class Track:
    """The losses that are usual for a run, one for each twentieth."""

    usual: tuple[float, ...]  # bits per byte
    nats_to_bits: float  # nats per token to bits per byte

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """Return a run's track, or None where no recorded run is like it.

        Alike are runs by Muon, on texts about as hard as Shakespeare, with
        a size and a number of tokens within reach of recorded ones.
        """
        recipe = run.recipe
        if recipe.training.backend != "torch":
            return None
        outlook = Outlook.of(run.train, run.held_out, run.tokenizer)
        tokens = recipe.training.tokens
        nearest = outlook.nearest(recipe.model, tokens)
        if nearest is None or not ALIKE[0] < outlook.ratio < ALIKE[1]:
            return None
        expected = outlook.bits_per_byte(recipe.model, tokens)
        there = outlook.family.law.bits_per_byte(
            nearest.parameters, nearest.read, nearest.text
        )
        return cls(
            usual=tuple(x * expected / there for x in nearest.curve),
            nats_to_bits=1 / math.log(2) / outlook.bytes_per_token,
        )

    def judge(
        self, step: int, num_steps: int, losses: Iterable[tuple[int, float]]
    ) -> Verdict | None:
        """Return a verdict if a twentieth ends with this step.

        `losses` are (step, nats per token) so far. The first twentieth is
        not judged: warmup and chance have too large a part in it.
        """
        part = PARTS * step // num_steps
        ends = part > PARTS * (step - 1) // num_steps
        if num_steps < 2 * PARTS or part < 2 or not ends:
            return None
        first = math.ceil((part - 1) * num_steps / PARTS)
        latest = [loss for at, loss in losses if at > first]
        return Verdict(
            share=part / PARTS,
            found=float(np.mean(latest)) * self.nats_to_bits,
            expected=self.usual[part - 1],
        )


def curve_of(losses: Sequence[float]) -> list[float]:
    """Return the mean loss of each twentieth of a run."""
    total = len(losses)
    ends = [math.ceil(part * total / PARTS) for part in range(PARTS + 1)]
    return [
        float(np.mean(losses[start:end]))
        for start, end in itertools.pairwise(ends)
    ]
