"""A sweep: the same short training at nine learning rates.

Each is a whole training in small: it warms up, reads the same batches, and
anneals to zero. What counts is how well it foretells held-out text then.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from octavo.foundation import UserError
from octavo.foundation.files import read_json, write_json
from octavo.training.batches import Batches
from octavo.training.looks import Glance
from octavo.training.loop import begin, take_step
from octavo.training.recipe import Recipe
from octavo.training.run import Run
from octavo.training.watcher import Watcher

# The recipe's own rates come first, then those ever further away: whoever
# stops a sweep early has the middle of it.
TIMES = (1.0, 2.0, 0.5, 4.0, 0.25, 8.0, 0.125, 16.0, 0.0625)
HIGHEST = 100.0  # that a recipe takes
FEWEST_STEPS = 40  # in fewer, no rate shows what it can do
PROBE_SECONDS = 1.0
AS_GOOD = 0.01  # of the best: another seed makes as much of a difference
RECORD, PICTURE = "sweep.json", "sweep.png"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A short training: its rate, as a multiple of the recipe's own."""

    times: float
    bits_per_byte: float | None  # held-out; None: the loss was no number
    losses: tuple[float, ...]  # nats per token, of every step


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Trials of one recipe, from the lowest rate to the highest."""

    tokens: int  # that each trial read
    matrix_rate: float  # the recipe's own
    other_rate: float
    trials: tuple[Trial, ...]

    @property
    def sound(self) -> dict[float, float]:
        """Bits per byte by multiple, of the trials that came through."""
        return {
            trial.times: trial.bits_per_byte
            for trial in self.trials
            if trial.bits_per_byte is not None
        }

    @property
    def best(self) -> float:
        """The multiple that did best."""
        return min(self.sound, key=lambda times: self.sound[times])

    @property
    def valley(self) -> tuple[float, float]:
        """The lowest and the highest multiple that did about as well."""
        enough = (1 + AS_GOOD) * self.sound[self.best]
        good = [t for t, bits in self.sound.items() if bits <= enough]
        return min(good), max(good)

    @property
    def at_edge(self) -> bool:
        """Whether no rate beyond the best one was tried."""
        tried = [trial.times for trial in self.trials]
        return self.best in (min(tried), max(tried))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read a run's sweep; None if it has none."""
        path = folder / RECORD
        if not path.is_file():
            return None
        try:
            content = read_json(path)
            trials = tuple(Trial(**row) for row in content.pop("trials"))
            return cls(trials=trials, **content)
        except (AttributeError, KeyError, TypeError) as error:
            raise UserError(
                f"{path} is no record of a sweep: remove it"
            ) from error

    def save(self, folder: Path) -> None:
        """Keep the sweep with its run."""
        write_json(folder / RECORD, asdict(self))


def sweep(
    run: Run,
    steps: int,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Train a run's recipe from the start, for some steps, at every rate.

    The run itself is left alone. A stop leaves the trials that are done;
    before the first one is, it is a UserError.
    """
    watcher = watcher or Watcher()
    training = run.recipe.training
    rates = training.matrix_learning_rate, training.other_learning_rate
    chosen = [times for times in TIMES if times * max(rates) < HIGHEST]
    torch.set_num_threads(training.threads)
    batches, glance = batches_of(run), Glance(run)
    trials: list[Trial] = []
    for number, times in enumerate(chosen):

        def told(step: int, before: int = number * steps) -> bool:
            done, total = before + step, len(chosen) * steps
            watcher.working("trying learning rates", done, total)
            return stop()

        recipe = at_rate(run.recipe, times, steps)
        trial = attempt(recipe, times, batches, glance, told)
        if trial is None:
            break
        trials.append(trial)
    if not any(trial.bits_per_byte is not None for trial in trials):
        raise UserError(
            "no training at any rate came to its end: nothing is known "
            "about learning rates yet"
        )
    return Sweep(
        tokens=steps * batches.tokens_per_step,
        matrix_rate=rates[0],
        other_rate=rates[1],
        trials=tuple(sorted(trials, key=lambda trial: trial.times)),
    )


def attempt(
    recipe: Recipe,
    times: float,
    batches: Batches,
    glance: Glance,
    told: Callable[[int], bool],
) -> Trial | None:
    """Train once; None if `told`, which hears of every step, says stop."""
    state, losses = begin(recipe), []
    for step in range(recipe.num_steps):
        share = recipe.learning_rate_share(step)
        try:
            losses.append(take_step(state, share, *batches.at(step)))
        except UserError:  # the loss is no number any more
            break
        if told(step + 1):
            return None
    bits = glance.bits_per_byte(state.model)
    whole = len(losses) == recipe.num_steps and math.isfinite(bits)
    return Trial(
        times=times,
        bits_per_byte=bits if whole else None,
        losses=tuple(losses),
    )


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


def steps_in(run: Run, minutes: float) -> int:
    """Return how many steps each trial has, for a sweep of some minutes.

    Some steps are timed. The first makes room for all that follow.
    """
    torch.set_num_threads(run.recipe.training.threads)
    batches, state = batches_of(run), begin(run.recipe)
    take_step(state, 1.0, *batches.at(0))
    began = time.perf_counter()
    while time.perf_counter() - began < PROBE_SECONDS:
        take_step(state, 1.0, *batches.at(state.step))
    per_step = (time.perf_counter() - began) / (state.step - 1)
    fitting = int(60 * minutes / (per_step * len(TIMES)))
    return min(run.recipe.num_steps, max(FEWEST_STEPS, fitting))


def batches_of(run: Run) -> Batches:
    """Return the batches that a run reads."""
    recipe = run.recipe
    training = recipe.training
    return Batches(
        run.train.ids,
        recipe.model.context,
        training.batch_size,
        training.seed,
    )


def report(found: Sweep) -> dict[str, Any]:
    """Return a sweep's figures by name, without the curves."""
    return {
        "tokens": found.tokens,
        "best_times": found.best,
        "best_matrix_learning_rate": found.best * found.matrix_rate,
        "best_other_learning_rate": found.best * found.other_rate,
        "bits_per_byte": {
            f"{t:g}": bits for t, bits in found.sound.items()
        },
    }
