"""The training loop: predict, be corrected, step; and keep the records.

Whoever wants to watch passes a `Watcher`; whoever wants to stop it passes a
`stop` that turns true. The loop ends its step, saves, and returns.
"""

import time
from collections.abc import Callable

import torch

from octavo.evaluation import Score, score_model
from octavo.foundation.checksums import changed
from octavo.foundation.files import remove_leftovers, write_bytes
from octavo.foundation.locks import only_one
from octavo.interop import weights_as_bytes
from octavo.training.checkpoints import (
    CHECKPOINTS,
    Kept,
    State,
    restore,
    save_checkpoint,
)
from octavo.training.course import Course, from_text
from octavo.training.devices import (
    compare_with_cpu,
    require_agreement,
    require_device,
)
from octavo.training.events import event_files
from octavo.training.looks import Looks
from octavo.training.metrics import METRICS, Mark, Metrics
from octavo.training.run import (
    WEIGHTS,
    Run,
    read_status,
    resumable,
    write_status,
)
from octavo.training.steps import NonFiniteError, Step, take_step
from octavo.training.surroundings import surroundings, what_changed
from octavo.training.trouble import Guard
from octavo.training.watcher import Moment, Watcher

CHECKPOINT_SECONDS = 60.0


def train(
    run: Run,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
    tensorboard: bool = False,
    course: Callable[[Run], Course] = from_text,
) -> Score | None:
    """Train a run to its end, from its newest checkpoint if it has one.

    Returns its score on the whole held-out text, or None when `stop` asked
    for a pause: the run is saved then, and can be resumed. With
    `tensorboard` there are event files too, from then on. Raises UserError
    when the loss is not a number any more.
    """
    watcher = watcher or Watcher()
    torch.set_num_threads(run.recipe.training.threads)
    require_device(run.recipe.training.device)
    with resumable(run.folder), only_one(run.folder):
        for folder in (run.folder, run.folder / CHECKPOINTS):
            remove_leftovers(folder)
        taught = course(run)
        state = taught.state
        kept = restore(state, run.folder)
        tell_of_return(run, kept, watcher)
        record = kept.record if kept else Mark()
        trainer = Trainer(run, taught, record, watcher)
        require_sound_device(trainer)
        with event_files(run, trainer.metrics, tensorboard):
            return trainer.train(stop)


def require_sound_device(trainer: "Trainer") -> None:
    """Compare an accelerator with the CPU, on the step that comes next."""
    training, state = trainer.recipe.training, trainer.state
    if training.device == "cpu":
        return
    batch = trainer.lessons.at(state.step)
    found = compare_with_cpu(state.backend, state.model, *batch)
    trainer.watcher.noted(f"Beside the CPU: {found}")
    require_agreement(found, training.precision)


def tell_of_return(run: Run, kept: Kept | None, watcher: Watcher) -> None:
    """Say where a run goes on, and what is not as it was left."""
    status = read_status(run.folder)
    for name in (
        changed(run.folder, status.sha256) if status.finished else ()
    ):
        watcher.noted(
            f"{run.folder / name} is not what training wrote: what of it "
            "can be made anew, is"
        )
    if kept:
        total = run.recipe.num_steps
        watcher.noted(f"Going on after step {kept.step} of {total}")
        if line := what_changed(kept.surroundings, surroundings()):
            watcher.noted(line)
    elif (run.folder / METRICS).is_file():
        watcher.noted("No checkpoint was saved yet: it starts anew")


class Trainer:
    """A run in progress: its state, its records, and who looks on."""

    def __init__(
        self, run: Run, course: Course, record: Mark, watcher: Watcher
    ) -> None:
        self.state, self.lessons = course.state, course.lessons
        self.run, self.watcher = run, watcher
        self.recipe = run.recipe
        self.metrics = Metrics.reopen(run.folder, record)
        self.looks = Looks(run, course, self.metrics, watcher)
        self.guard = Guard(run, self.lessons, self.metrics, self._save)
        self.clock = Clock(self.state)

    def train(self, stop: Callable[[], bool]) -> Score | None:
        """Step to the end or to a stop; then save, and at the end score."""
        saved = time.monotonic()
        if self.state.step == 0:
            self._look()
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
        try:
            measured = take_step(self.state, share, *self.lessons.at(step))
        except NonFiniteError as error:
            self.guard.refused(self.state, error)
        else:
            self._record(measured, share, self.clock.tick())
        self._look()

    def _record(
        self, measured: Step, share: float, seconds_per_step: float
    ) -> None:
        """Write a step into the record, and tell who looks on."""
        step, num_steps = self.state.step, self.recipe.num_steps
        self.metrics.add(
            step=step,
            loss=measured.loss,
            gradient_norm=measured.gradient_norm,
            learning_rate_share=share,
            seconds=round(self.state.seconds, 3),
        )
        self.watcher.stepped(
            Moment(
                step=step,
                num_steps=num_steps,
                loss=measured.loss,
                tokens_per_second=self.lessons.tokens_per_step
                / seconds_per_step,
                seconds_left=seconds_per_step * (num_steps - step),
            )
        )

    def _look(self) -> None:
        """Look at the model, if that is due and there is one to look at."""
        if self.looks.due(self.state.step):
            self.guard.require_numbers(self.state)
        self.looks.at(self.state.step, self.state.model)

    def _save(self) -> None:
        """Put record, state and weights on the disk, in this order."""
        self.guard.require_numbers(self.state)
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
