"""The law: what to expect of a size and a budget, from recorded runs.

With N parameters in the blocks and D bytes read, a run ends at about

    L(N, D) = E + A / N^a + B / D^b   bits per byte

(Hoffmann et al. 2022, equation 2). E is what no model can foretell, the
next term what a small model misses, the last what too little reading does.
Reading a text of U bytes again counts less each time: D is then

    U + U r (1 - exp(-(D / U - 1) / r))

(Muennighoff et al. 2023, equation 5), which never exceeds (1 + r) U.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POWERS = np.arange(0.1, 1.01, 0.05)  # that are tried for a and b
PATIENCE = (16.0, 8.0, 4.0, 2.0, 32.0)  # for r, the usual one first


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one recorded run reached."""

    parameters: int  # N, of the blocks
    read: float  # bytes
    text: float  # bytes of the text, each read `read / text` times
    bits_per_byte: float  # at the end, on the whole held-out text


@dataclass(frozen=True, kw_only=True)
class Law:
    """The numbers in the formula above."""

    floor: float  # E
    size: float  # A
    size_power: float  # a
    data: float  # B
    data_power: float  # b
    patience: float  # r

    def bits_per_byte(
        self, parameters: float, read: float, text: float
    ) -> float:
        """Return what a run is expected to reach."""
        fresh = worth(read, text, self.patience)
        size_term: float = self.size / parameters**self.size_power
        data_term: float = self.data / fresh**self.data_power
        return self.floor + size_term + data_term


def worth(read: float, text: float, patience: float) -> float:
    """Return how many fresh bytes are worth as much as what was read."""
    again = max(0.0, read / text - 1)
    more = patience * -math.expm1(-again / patience)
    return min(read, text) + text * more


def fit(cells: Sequence[Cell]) -> Law:
    """Return the law closest to recorded runs, by relative errors.

    Once the powers and r are set, the rest is least squares: so all of them
    are tried, and none of E, A and B may be negative.
    """
    found = np.array([cell.bits_per_byte for cell in cells])
    best, least = None, math.inf
    for patience in PATIENCE:
        sizes = np.array([float(cell.parameters) for cell in cells])
        fresh = np.array([worth(c.read, c.text, patience) for c in cells])
        for a, b in itertools.product(POWERS, POWERS):
            terms = np.stack([np.ones_like(sizes), sizes**-a, fresh**-b])
            shares = (terms / found).T  # all of them are to sum to one
            factors = np.linalg.lstsq(shares, np.ones_like(found))[0]
            error = float(((shares @ factors - 1) ** 2).sum())
            if error < least and (factors >= 0).all():
                best, least = (*factors, a, b, patience), error
    if best is None:
        raise ValueError("no law of this form fits: record more runs")
    floor, size, data, size_power, data_power, patience = map(float, best)
    return Law(
        floor=floor,
        size=size,
        size_power=size_power,
        data=data,
        data_power=data_power,
        patience=patience,
    )
