"""Signs in the curve of the loss, and in how far the weights have gone.

Thresholds are those that healthy runs of all sizes keep well away from
(LOG.md, 2026-11-25): a doctor that cries wolf is not asked again.
"""

import math
import shlex
from itertools import pairwise

import numpy as np

from octavo.training.doctor.evidence import FEW, Evidence, Sign
from octavo.training.doctor.trials import Sweep
from octavo.training.trouble.runaway import Floats, running_away

# Less than that is no fall at all, and no rise.
STANDSTILL = 0.02
# In lengths of the first weights. Good rates took matrices 1 to 3 of them
# away, a tenth of those rates 0.1. Before so many steps none gets far.
STUCK, ENOUGH_STEPS = 0.2, 100
# Of the loss, taken off by twice the tokens. Quickstart's figure is 0.07.
FALLING = 0.1
FEW_STEPS = 50  # warming up and annealing need them
GOOD_DRIFT = 2.0
MOST_RAISED = 100.0  # times the rate
# Of bits per byte in training. Three plays of Shakespeare have 1.1, a text
# in another language twice as much and more.
ANOTHER = 1.4
FIRST_PASS = 1.5  # passes: until then, little was read twice


def not_a_number(e: Evidence) -> Sign | None:
    """Look for a step whose loss or gradient was no number."""
    found = e.metrics.of("non_finite")
    if not found:
        return None
    step, report = found[0]
    seen = f"at step {step:,} the {report['what']} became {report['value']}"
    if report["layer"]:
        seen += f", first in {report['layer']}"
    if len(found) > 1:
        seen += f"; so it did at {len(found)} steps in all"
    return Sign(seen, rates(e, 0.5))


def no_fall(e: Evidence) -> Sign | None:
    """Look for a loss that ends where it began, or where counting gets."""
    if len(e.losses) < 2 * FEW:
        return None
    middle = len(e.losses) // 2
    fell = e.loss_between(middle - FEW, middle) - e.end
    floor = min(e.by_frequency, e.blind_guess)
    if fell > STANDSTILL * e.end or e.end < (1 - STANDSTILL) * floor:
        return None
    moved = (
        ""
        if e.drift is None
        else f"; the weights moved by {e.drift:.2g} of their first length"
    )
    return Sign(
        f"the loss began at {e.losses[0]:.2f} nats a token and is "
        f"{e.end:.2f} after {len(e.losses):,} steps; knowing how frequent "
        f"each token is would give {e.by_frequency:.2f}{moved}"
    )


def rate_too_high(e: Evidence) -> Sign | None:
    """Look for steps that overshoot: worse than blind, or a rising loss."""
    if e.sweep and e.sweep.own_is == "too high":
        return by_sweep(e, e.sweep)
    seen = running_away(e.losses, e.blind_guess)
    times = min(0.5, GOOD_DRIFT / e.drift) if e.drift else 0.1
    return Sign(seen, rates(e, times)) if seen else None


def rate_too_low(e: Evidence) -> Sign | None:
    """Look for weights that hardly left the place where they began."""
    if e.sweep and e.sweep.own_is == "too low":
        return by_sweep(e, e.sweep)
    if min(len(e.losses), e.status.step) < ENOUGH_STEPS:
        return None
    if e.drift is None or e.drift > STUCK or no_fall(e):
        return None
    return Sign(
        f"after {e.status.step:,} steps the matrices have moved by only "
        f"{e.drift:.2g} of their first length: the model is still nearly "
        "the random one that it began as",
        rates(e, min(MOST_RAISED, 1 / e.drift)),
    )


def behind(e: Evidence) -> Sign | None:
    """Look for a loss well above that of recorded runs like this one."""
    verdict = e.verdict
    if verdict is None or verdict.word != "behind":
        return None
    return Sign(
        f"at {verdict.share:.0%} of the run the loss in training was "
        f"{verdict.found:.2f} bits per byte, where {verdict.expected:.2f} "
        "is usual"
    )


def too_short(e: Evidence) -> Sign | None:
    """Look for a loss that still fell fast when the budget ended."""
    if not e.ended:
        return None
    longer = {"tokens": 4 * e.run.recipe.training.tokens}
    if e.num_steps < FEW_STEPS:
        return Sign(f"the budget makes only {e.num_steps} steps", longer)
    gain = gain_of_doubling(e)
    if gain < FALLING:
        return None
    return Sign(
        f"twice the tokens would take {gain:.0%} off the loss, or more, by "
        f"the way it fell; {e.num_steps:,} steps were {e.passes():.2g} "
        "times through the text",
        longer,
    )


def overfitting(e: Evidence) -> Sign | None:
    """Look for held-out text that gets harder while training goes on."""
    if len(e.glances) < 3 or e.passes(len(e.losses)) < FIRST_PASS:
        return None  # what was read once is not known by heart
    best_step, best = min(e.glances, key=lambda glance: glance[1])
    step, now = e.glances[-1]
    learned = e.loss_between(best_step - FEW, best_step)
    learning = e.loss_between(step - FEW, step) < learned
    if now < (1 + STANDSTILL) * best or not learning:
        return None
    return Sign(
        f"held-out text was best after step {best_step:,}, with {best:.2f} "
        f"bits per byte, and is at {now:.2f} now, while the loss in "
        f"training went on falling; by then the text had been read "
        f"{e.passes(best_step):.1f} times",
        {"dropout": 0.2 if e.run.recipe.model.dropout else 0.1},
    )


def another_kind_of_text(e: Evidence) -> Sign | None:
    """Look for held-out text that was much harder in the first pass.

    Nothing is read twice in it, so that memory cannot be the reason.
    """
    first = [
        g for g in e.glances if g[0] > FEW and e.passes(g[0]) <= FIRST_PASS
    ]
    if not first:
        return None
    step, held_out = first[-1]
    trained = e.loss_between(step - FEW, step) * e.bits_per_nat
    if held_out < ANOTHER * trained:
        return None
    return Sign(
        f"after step {step:,}, within the first pass, the text in training "
        f"had {trained:.2f} bits per byte, the held-out text "
        f"{held_out:.2f}",
        {"corpus": shlex.quote(e.run.recipe.data.corpus)},
    )


def gain_of_doubling(e: Evidence) -> float:
    """Return the share of the loss that twice the tokens would save.

    While the rate is constant, the loss falls about in proportion to the
    logarithm of the steps. How fast is read off the second half of that
    time, in two parts: a fall that has ended by the second does not count.
    """
    constant = max(0.6, 1 - e.run.recipe.training.decay_share)
    last = int(constant * len(e.losses))
    steps = np.log(np.arange(1, last + 1))
    cuts = last // 2, last * 3 // 4, last
    slopes = [
        steepness(steps[first:end], e.losses[first:end])
        for first, end in pairwise(cuts)
    ]
    return min(slopes) * math.log(2) / e.end


def steepness(x: Floats, y: Floats) -> float:
    """Return how much y falls for each x, two standard errors less."""
    (slope, _), covariance = np.polyfit(x, y, 1, cov=True)
    return float(-slope - 2 * covariance[0, 0] ** 0.5)


def by_sweep(e: Evidence, found: Sweep) -> Sign:
    """Return what a sweep says of rates that are not the best."""
    bits = found.sound
    return Sign(
        f"a sweep of trainings on {found.tokens:,} tokens came to "
        f"{bits.get(1.0, math.inf):.2f} bits per byte on held-out text at "
        f"the recipe's rates, and to {bits[found.best]:.2f} at "
        f"{found.best:g} times those",
        rates(e, found.advised),
    )


def rates(e: Evidence, times: float) -> dict[str, object]:
    """Return the recipe's learning rates, so many times as high."""
    training = e.run.recipe.training
    return {
        "matrix_rate": f"{training.matrix_learning_rate * times:.2g}",
        "other_rate": f"{training.other_learning_rate * times:.2g}",
    }
