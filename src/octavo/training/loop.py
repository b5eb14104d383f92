"""The training loop: predict, be corrected, step; and keep the records.

Whoever wants to watch passes a `Watcher`; whoever wants to stop it passes a
`stop` that turns true. The loop ends its step, saves, and returns.
"""

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from octavo.evaluation import Score, score_model
from octavo.foundation import UserError
from octavo.foundation.files import remove_leftovers, write_bytes
from octavo.interop import weights_as_bytes
from octavo.model import Transformer
from octavo.training.backends import make_backend
from octavo.training.batches import Batches
from octavo.training.checkpoints import State, restore, save_checkpoint
from octavo.training.looks import Looks
from octavo.training.metrics import Metrics
from octavo.training.recipe import Recipe
from octavo.training.run import WEIGHTS, Run, write_status
from octavo.training.watcher import Moment, Watcher

CHECKPOINT_SECONDS = 60.0


def train(
    run: Run,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Score | None:
    """Train a run to its end, from its newest checkpoint if it has one.

    Returns its score on the whole held-out text, or None when `stop` asked
    for a pause: the run is saved then, and can be resumed. Raises UserError
    when the loss is not a number any more.
    """
    watcher = watcher or Watcher()
    torch.set_num_threads(run.recipe.training.threads)
    remove_leftovers(run.folder)
    state = begin(run.recipe)
    if restore(state, run.folder):
        watcher.noted(
            f"Going on after step {state.step} of {run.recipe.num_steps}"
        )
    elif Metrics.read(run.folder).rows:
        watcher.noted("No checkpoint was saved yet: it starts anew")
    return Trainer(run, state, watcher).train(stop)


def begin(recipe: Recipe) -> State:
    """Return the state before the first step, the same for a seed."""
    torch.manual_seed(recipe.training.seed)
    model = Transformer(recipe.model)  # drawn on the CPU, for all devices
    model.to(recipe.training.device)
    return State(model=model, backend=make_backend(model, recipe.training))


def take_step(
    state: State, share: float, inputs: Tensor, targets: Tensor
) -> float:
    """Learn from (B, T) inputs and targets; return the loss before that.

    `share` scales every learning rate. Raises UserError, and changes
    nothing, when the loss is not finite.
    """
    loss = state.backend.loss(inputs, targets)
    if not math.isfinite(loss):
        raise UserError(
            f"the loss became {loss} at step {state.step}: lower the "
            "learning rates in recipe.toml and start again with --recipe"
        )
    state.backend.step(share)
    state.step += 1
    return loss


class Trainer:
    """A run in progress: its state, its records, and who looks on."""

    def __init__(self, run: Run, state: State, watcher: Watcher) -> None:
        self.run, self.state, self.watcher = run, state, watcher
        self.recipe = run.recipe
        training = run.recipe.training
        self.batches = Batches(
            run.train.ids,
            run.recipe.model.context,
            training.batch_size,
            training.seed,
        )
        self.metrics = Metrics.reopen(run.folder, state.step)
        self.looks = Looks(run, state.step, self.metrics, watcher)
        self.clock = Clock(state)

    def train(self, stop: Callable[[], bool]) -> Score | None:
        """Step to the end or to a stop; then save, and at the end score."""
        saved = time.monotonic()
        if self.state.step == 0:
            self.looks.at(0, self.state.model)
        while self.state.step < self.recipe.num_steps:
            self._step()
            if stop():
                break
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save()
                saved = time.monotonic()
        self._save()
        if self.state.step < self.recipe.num_steps:
            return None
        return self._finish(stop)

    def _step(self) -> None:
        """Take one step, record it, and look at the model when due."""
        step = self.state.step
        share = self.recipe.learning_rate_share(step)
        loss = take_step(self.state, share, *self.batches.at(step))
        seconds_per_step = self.clock.tick()
        self._record(loss, share, seconds_per_step)
        self.looks.at(self.state.step, self.state.model)

    def _record(
        self, loss: float, share: float, seconds_per_step: float
    ) -> None:
        """Write a step into the record, and tell who looks on."""
        step, num_steps = self.state.step, self.recipe.num_steps
        self.metrics.add(
            step=step,
            loss=loss,
            learning_rate_share=share,
            seconds=round(self.state.seconds, 3),
        )
        self.watcher.stepped(
            Moment(
                step=step,
                num_steps=num_steps,
                loss=loss,
                tokens_per_second=self.batches.tokens_per_step
                / seconds_per_step,
                seconds_left=seconds_per_step * (num_steps - step),
            )
        )

    def _save(self) -> None:
        """Put record, state and weights on the disk, in this order."""
        self.metrics.flush()
        publish(self.run, self.state)

    def _finish(self, stop: Callable[[], bool]) -> Score | None:
        """Score the model on the whole held-out text; close the run.

        All is saved by now: a stop is obeyed at once.
        """

        def judged(done: int, total: int) -> None:
            self.watcher.working("judging", done, total)
            if stop():
                raise _Stopped

        try:
            score = score_model(
                self.state.model,
                self.run.held_out,
                self.run.tokenizer,
                judged,
            )
        except _Stopped:
            return None
        self.metrics.add(step=self.state.step, final=score.as_dict())
        write_status(self.run.folder, self.state.step, finished=True)
        return score


class _Stopped(Exception):  # noqa: N818 (no error)
    """The closing measurement was asked to stop."""


class Clock:
    """Keeps a run's time, over all its sittings, in its state."""

    def __init__(self, state: State) -> None:
        # Earlier sittings count as time, but not as speed.
        self.state = state
        self.first_step, self.seconds_before = state.step, state.seconds
        self.began = time.monotonic()

    def tick(self) -> float:
        """Count a step that ended now; return the seconds one takes."""
        elapsed = time.monotonic() - self.began
        self.state.seconds = self.seconds_before + elapsed
        return elapsed / (self.state.step - self.first_step)


def publish(run: Run, state: State) -> None:
    """Save a checkpoint, and its weights as the folder's model.

    Killed at any point, the run can be resumed: whatever stands in the
    folder, the newest whole checkpoint is where it goes on.
    """
    save_checkpoint(state, run.folder)
    write_bytes(run.folder / WEIGHTS, weights_as_bytes(state.model))
    write_status(run.folder, state.step, finished=False)
