"""A sweep: the same short training at nine learning rates.

Each is a whole training in small: it warms up, reads the same batches, and
anneals to zero. What counts is how well it foretells held-out text then.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from octavo.foundation import UserError
from octavo.training.batches import Batches
from octavo.training.devices import require_device
from octavo.training.dial.probe import measure_speed
from octavo.training.doctor.trials import Sweep, Trial
from octavo.training.looks import Glance
from octavo.training.recipe import Recipe
from octavo.training.run import Run
from octavo.training.steps import NonFiniteError, begin, take_step
from octavo.training.watcher import Watcher

# The recipe's own rates come first, then those ever further away: whoever
# stops a sweep early has the middle of it.
TIMES = (1.0, 2.0, 0.5, 4.0, 0.25, 8.0, 0.125, 16.0, 0.0625)
HIGHEST = 100.0  # that a recipe takes
DEFAULT_MINUTES = 2.0
FEWEST_STEPS = 40  # in fewer, no rate shows what it can do


def sweep(
    run: Run,
    steps: int,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Train a run's recipe from the start, for some steps, at every rate.

    The run itself is left alone. A stop leaves the trials that are done;
    without one that came through, it is a UserError.
    """
    training = run.recipe.training
    torch.set_num_threads(training.threads)
    require_device(training.device)
    trials = list(each_trial(run, steps, watcher or Watcher(), stop))
    if all(trial.bits_per_byte is None for trial in trials):
        raise UserError(
            "no training at any rate came to its end: nothing is known "
            "about learning rates yet"
        )
    return Sweep(
        tokens=steps * training.batch_size * run.recipe.model.context,
        run_tokens=training.tokens,
        matrix_rate=training.matrix_learning_rate,
        other_rate=training.other_learning_rate,
        trials=tuple(sorted(trials, key=lambda trial: trial.times)),
    )


def each_trial(
    run: Run, steps: int, watcher: Watcher, stop: Callable[[], bool]
) -> Iterator[Trial]:
    """Yield the trials at all rates that a recipe takes, until a stop."""
    training = run.recipe.training
    highest = max(
        training.matrix_learning_rate, training.other_learning_rate
    )
    chosen = [times for times in TIMES if times * highest < HIGHEST]
    batches, glance = Batches.of(run.recipe, run.train), Glance(run)
    for number, times in enumerate(chosen):

        def going_on(step: int, before: int = number * steps) -> bool:
            watcher.working(
                "trying learning rates", before + step, len(chosen) * steps
            )
            return not stop()

        recipe = at_rate(run.recipe, times, steps)
        losses = train_briefly(recipe, batches, glance, going_on)
        if losses is None:
            return
        bits = losses.pop()
        yield Trial(
            times=times,
            bits_per_byte=bits if math.isfinite(bits) else None,
            losses=tuple(losses),
        )


def train_briefly(
    recipe: Recipe,
    batches: Batches,
    glance: Glance,
    going_on: Callable[[int], bool],
) -> list[float] | None:
    """Return the loss of every step, and last the bits per byte held out.

    Those are infinite if the loss was no number at a step. None if
    `going_on`, which hears of every step, says no.
    """
    state = begin(recipe)
    losses: list[float] = []
    for step in range(recipe.num_steps):
        share = recipe.learning_rate_share(step)
        try:
            measured = take_step(state, share, *batches.at(step))
        except NonFiniteError:
            return [*losses, math.inf]
        losses.append(measured.loss)
        if not going_on(step + 1):
            return None
    return [*losses, glance.bits_per_byte(state.model)]


def at_rate(recipe: Recipe, times: float, steps: int) -> Recipe:
    """Return a recipe with other rates, and a budget of some steps."""
    training = recipe.training
    return replace(
        recipe,
        training=replace(
            training,
            tokens=steps * training.batch_size * recipe.model.context,
            matrix_learning_rate=times * training.matrix_learning_rate,
            other_learning_rate=times * training.other_learning_rate,
        ),
    )


def steps_for(run: Run, minutes: float | None, tokens: int | None) -> int:
    """Return how many steps a trial has, by tokens or a sweep's minutes.

    They are no fewer than teach something, nor more than the run has.
    """
    for name, value in (("minutes", minutes), ("tokens", tokens)):
        if value is not None and not 0 < value < math.inf:
            raise UserError(f"{name} is {value}; it must be above 0")
    if minutes is not None and tokens is not None:
        raise UserError("give a sweep minutes or tokens, not both")
    batches = Batches.of(run.recipe, run.train)
    if tokens is None:
        seconds = 60 * (DEFAULT_MINUTES if minutes is None else minutes)
        speed = measure_speed(run.recipe, batches)
        tokens = int(seconds * speed / len(TIMES))
    steps = tokens // batches.tokens_per_step
    return max(FEWEST_STEPS, min(run.recipe.num_steps, steps))
