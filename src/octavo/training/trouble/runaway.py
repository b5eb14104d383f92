"""A loss that runs away: a number still, but a worse and worse one.

Training looks for it after every twentieth of a run, the doctor in a whole
record. Thresholds are those that healthy runs of all sizes keep well away
from (LOG.md, 2026-11-25): a warning that cries wolf is not read again.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Of a blind guess. A step can only come out worse if it overshoots.
WORSE_THAN_BLIND = 1.1
# Of the loss, and of a blind guess. Means over a twentieth of a sound run
# rise by less.
RISE, LEAST_RISE, STRETCHES = 0.05, 0.02, 20
FEWEST = 5  # steps in a stretch; below two stretches nothing is said


def running_away(losses: Floats, blind_guess: float) -> str:
    """Say how losses, one for each step, run away; "" if they do not."""
    if len(losses) < 2 * FEWEST:
        return ""
    return worse_than_blind(losses, blind_guess) or rising(
        losses, blind_guess
    )


def worse_than_blind(losses: Floats, blind_guess: float) -> str:
    """Say where the loss was worse than a blind guess, if it was."""
    worst = int(np.argmax(losses))
    if losses[worst] < WORSE_THAN_BLIND * blind_guess:
        return ""
    return (
        f"at step {worst + 1:,} the loss was {losses[worst]:.2f}, worse "
        f"than a blind guess ({blind_guess:.2f})"
    )


def rising(losses: Floats, blind_guess: float) -> str:
    """Say how far the loss rose again, if it did, beyond its noise."""
    size = max(FEWEST, len(losses) // STRETCHES)
    whole = losses[: len(losses) // size * size]
    means = whole.reshape(-1, size).mean(axis=1)
    lowest = np.minimum.accumulate(means)
    at = int(np.argmax(means - lowest))
    noise = float(np.diff(losses).std()) / (2 * size) ** 0.5
    least = max(RISE * lowest[at], LEAST_RISE * blind_guess, 4 * noise)
    if means[at] - lowest[at] < least:
        return ""
    return (
        f"the loss had come down to {lowest[at]:.2f} and rose again to "
        f"{means[at]:.2f}"
    )
