"""The training loop: predict, be corrected, step; and keep the records.

Whoever wants to watch passes a `Watcher`; whoever wants to stop it passes a
`stop` that turns true. The loop ends its step, saves, and returns.
"""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from octavo.evaluation import (
    Score,
    batched_windows,
    score_model,
    stretches,
    window_nats,
    windows,
)
from octavo.foundation import UserError
from octavo.foundation.files import remove_leftovers, write_bytes
from octavo.inspection import AttentionRecord, Sentence
from octavo.interop import weights_as_bytes
from octavo.model import Transformer
from octavo.training.backends import make_backend
from octavo.training.batches import Batches
from octavo.training.checkpoints import State, restore, save_checkpoint
from octavo.training.recipe import Recipe
from octavo.training.run import WEIGHTS, Metrics, Run, write_status
from octavo.training.samples import write_sample
from octavo.training.watcher import Moment, Watcher

# A model changes fastest at first: that is when to look at it often.
SAMPLE_AT = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
ATTENTION_AT = tuple(
    percent / 100
    for percent in (0, 1, 2, 3.5, 5, 7.5, 10, 15, 25, 40, 70, 100)
)
GLANCE_AT = tuple(part / 12 for part in range(1, 13))
GLANCE_TOKENS = 4096
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
    model = Transformer(recipe.model)
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
        training, model = run.recipe.training, run.recipe.model
        self.batches = Batches(
            run.train.ids,
            model.context,
            training.batch_size,
            training.seed,
        )
        self.glance = Glance(run)
        self.metrics = Metrics.reopen(run.folder, state.step)
        sentence = Sentence.choose(run.held_out, run.tokenizer)
        self.attention = AttentionRecord.reopen(
            run.folder,
            state.step,
            sentence.cut(model.context, run.tokenizer),
        )
        # Where this sitting began: earlier ones count as time, not speed.
        self.first_step, self.seconds_before = state.step, state.seconds
        self.began = time.monotonic()

    def train(self, stop: Callable[[], bool]) -> Score | None:
        """Step to the end or to a stop; then save, and at the end score."""
        saved = time.monotonic()
        while self.state.step < self.recipe.num_steps:
            if self.state.step == 0:
                self._sample()
                self.attention.add(0, self.state.model)
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
        step, total = self.state.step, self.recipe.num_steps
        share = self.recipe.learning_rate_share(step)
        loss = take_step(self.state, share, *self.batches.at(step))
        elapsed = time.monotonic() - self.began
        self.state.seconds = self.seconds_before + elapsed
        per_step = elapsed / (self.state.step - self.first_step)
        self.metrics.add(
            step=self.state.step,
            loss=loss,
            learning_rate_share=share,
            seconds=round(self.state.seconds, 3),
        )
        self.watcher.stepped(
            Moment(
                step=self.state.step,
                num_steps=total,
                loss=loss,
                tokens_per_second=self.batches.tokens_per_step / per_step,
                seconds_left=per_step * (total - self.state.step),
            )
        )
        if _passes(self.state.step, total, GLANCE_AT):
            bits = self.glance.bits_per_byte(self.state.model)
            self.metrics.add(step=self.state.step, held_out_glance=bits)
            self.watcher.glanced(self.state.step, bits)
        if _passes(self.state.step, total, SAMPLE_AT):
            self._sample()
        if _passes(self.state.step, total, ATTENTION_AT):
            self.attention.add(self.state.step, self.state.model)

    def _sample(self) -> None:
        """Let the model write from the fixed prompt, and keep that."""
        model, recipe = self.state.model, self.recipe.training
        text = write_sample(
            model, self.run.tokenizer, recipe.prompt, recipe.seed
        )
        self.metrics.add(step=self.state.step, sample=text)
        self.watcher.sampled(self.state.step, self.recipe.num_steps, text)

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


class Glance:
    """A small fixed part of the held-out text, for looks in between."""

    def __init__(self, run: Run) -> None:
        cut, _ = stretches(run.held_out, run.tokenizer)
        context = run.recipe.model.context
        every_one = list(windows(cut, context))
        # Spread over the whole text, as many as make GLANCE_TOKENS.
        every = max(1, len(every_one) * context // GLANCE_TOKENS)
        chosen = every_one[::every]
        self.batches = list(batched_windows(chosen, context))
        seen = np.concatenate([window[1:] for window in chosen])
        self.num_bytes = len(run.tokenizer.decode_bytes(seen.tolist()))

    def bits_per_byte(self, model: Transformer) -> float:
        """Return the model's bits per byte on this part."""
        nats = sum(
            float(window_nats(model, batch).sum(dtype=np.float64))
            for batch in self.batches
        )
        return nats / math.log(2) / self.num_bytes


def publish(run: Run, state: State) -> None:
    """Save a checkpoint, and its weights as the folder's model.

    Killed at any point, the run can be resumed: whatever stands in the
    folder, the newest whole checkpoint is where it goes on.
    """
    save_checkpoint(state, run.folder)
    write_bytes(run.folder / WEIGHTS, weights_as_bytes(state.model))
    write_status(run.folder, state.step, finished=False)


def _passes(step: int, total: int, shares: Sequence[float]) -> bool:
    """Return whether this step is the first to reach one of the shares."""
    return any((step - 1) < share * total <= step for share in shares)
