"""Signs in the curve of the loss, and in how far the weights have gone.

Thresholds are those that healthy runs of all sizes keep well away from
(LOG.md, 2026-11-25): a doctor that cries wolf is not asked again.
"""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np

from octavo.training.doctor.evidence import FEW, Evidence, Floats, Sign
from octavo.training.doctor.trials import Sweep

# Of a blind guess. A step can only come out worse if it overshoots.
WORSE_THAN_BLIND = 1.1
# Of the loss, and of a blind guess. Means over a twentieth of a sound run
# rise by less.
RISE, LEAST_RISE, STRETCHES = 0.05, 0.02, 20
# Less than that is no fall at all, and no rise.
STANDSTILL = 0.02
# In lengths of the first weights. Good rates took matrices 1 to 3 of them
# away, a tenth of those rates 0.1. Before so many steps none gets far.
STUCK, ENOUGH_STEPS = 0.2, 100
# Of the loss, taken off by twice the tokens. Quickstart's figure is 0.07.
FALLING = 0.1
FEW_STEPS = 50  # warming up and annealing need them
MOST_RAISED = 100.0  # times the rate
FIRST_PASS = 1.5  # passes: until then, little was read twice


def not_a_number(e: Evidence) -> Sign | None:
    """Look for a step whose loss or gradient was no number."""
    found = e.metrics.of("non_finite")
    if not found:
        return None
    step, report = found[0]
    where = f", first in {report['layer']}" if report.get("layer") else ""
    text = (
        f', while reading "{report["text"]}"' if report.get("text") else ""
    )
    more = f"; {len(found)} steps in all" if len(found) > 1 else ""
    return Sign(
        f"at step {step:,} the {report.get('what', 'loss')} became "
        f"{report.get('value', 'no number')}{where}{text}{more}",
        rates(e, 0.5),
    )


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
        f"the loss began at {e.start:.2f} nats a token and is {e.end:.2f} "
        f"after {len(e.losses):,} steps; knowing how frequent each token "
        f"is would give {e.by_frequency:.2f}{moved}"
    )


def rate_too_high(e: Evidence) -> Sign | None:
    """Look for steps that overshoot: worse than blind, or a rising loss."""
    if e.sweep and e.sweep.own_is == "too high":
        return by_sweep(e, e.sweep)
    if len(e.losses) < FEW:
        return None
    worst = int(np.argmax(e.losses))
    lower = rates(e, min(0.5, 2 / e.drift) if e.drift else 0.1)
    if e.losses[worst] > WORSE_THAN_BLIND * e.blind_guess:
        return Sign(
            f"at step {worst + 1:,} the loss was {e.losses[worst]:.2f}, "
            f"worse than a blind guess ({e.blind_guess:.2f})",
            lower,
        )
    means = stretch_means(e)
    lowest = np.minimum.accumulate(means)
    at = int(np.argmax(means - lowest))
    least = max(RISE * lowest[at], LEAST_RISE * e.blind_guess)
    if means[at] - lowest[at] < least:
        return None
    return Sign(
        f"the loss had come down to {lowest[at]:.2f} and rose again to "
        f"{means[at]:.2f}",
        lower,
    )


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


def too_short(e: Evidence) -> Sign | None:
    """Look for a loss that still fell fast when the budget ended."""
    steps, longer = (
        len(e.losses),
        {"tokens": 4 * e.run.recipe.training.tokens},
    )
    if not e.ended:
        return None
    if steps < FEW_STEPS:
        return Sign(f"the budget makes only {steps} steps", longer)
    gain = gain_of_doubling(e)
    if gain < FALLING:
        return None
    return Sign(
        f"twice the tokens would take some {gain:.0%} off the loss, by the "
        f"way it fell; {steps:,} steps were {e.passes():.2g} times through "
        "the text",
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
    per_step = e.run.recipe.training.tokens / e.num_steps
    return Sign(
        f"held-out text was best after step {best_step:,}, with {best:.2f} "
        f"bits per byte, and is at {now:.2f} now, while the loss in "
        f"training went on falling; by then the text had been read "
        f"{e.passes(best_step):.1f} times",
        {
            "dropout": 0.2 if e.run.recipe.model.dropout else 0.1,
            "tokens": round(best_step * per_step),
        },
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
    if held_out < 1.4 * trained:
        return None
    return Sign(
        f"after step {step:,}, within the first pass, the text in training "
        f"had {trained:.2f} bits per byte, the held-out text "
        f"{held_out:.2f}",
        {"corpus": Path(e.run.recipe.data.corpus)},
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
    if cuts[1] - cuts[0] < 2:
        return math.inf
    slopes = [
        np.polyfit(steps[first:end], e.losses[first:end], 1)[0]
        for first, end in pairwise(cuts)
    ]
    return float(-max(slopes) * math.log(2) / e.end)


def stretch_means(e: Evidence) -> Floats:
    """Return the mean losses of twenty stretches of the run, in order."""
    size = max(FEW // 2, len(e.losses) // STRETCHES)
    cuts = range(0, len(e.losses) - size + 1, size)
    return np.array([e.loss_between(cut, cut + size) for cut in cuts])


def by_sweep(e: Evidence, found: Sweep) -> Sign:
    """Return what a sweep says of rates that are not the best."""
    return Sign(
        f"in trainings on {found.tokens:,} tokens, the recipe's rates came "
        f"to {found.sound.get(1.0, math.nan):.2f} bits per byte on "
        f"held-out text, {found.best:g} times as high ones to "
        f"{found.sound[found.best]:.2f}",
        rates(e, found.best),
    )


def rates(e: Evidence, times: float) -> dict[str, object]:
    """Return the recipe's learning rates, so many times as high."""
    training = e.run.recipe.training
    return {
        "matrix_rate": f"{training.matrix_learning_rate * times:.2g}",
        "other_rate": f"{training.other_learning_rate * times:.2g}",
    }
