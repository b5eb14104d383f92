"""Looks at a model while it learns: glances, samples, and attention.

They come at shares of the run, so that a short run and a long one tell the
same story. What they show goes into the record, and to whoever looks on.
"""

import math
from collections.abc import Sequence

import numpy as np

from octavo.evaluation import (
    batched_windows,
    stretches,
    window_nats,
    windows,
)
from octavo.foundation.machine import peak_memory
from octavo.inspection import AttentionRecord, Sentence
from octavo.model import Transformer
from octavo.training.course import Course
from octavo.training.metrics import Metrics
from octavo.training.run import Run
from octavo.training.track import Track
from octavo.training.trouble.report import halved_rates
from octavo.training.trouble.runaway import running_away
from octavo.training.watcher import Watcher

# A model changes fastest at first: that is when to look at it often.
SAMPLE_AT = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
ATTENTION_AT = tuple(
    percent / 100
    for percent in (0, 1, 2, 3.5, 5, 7.5, 10, 15, 25, 40, 70, 100)
)
WARN_AT = tuple(part / 20 for part in range(1, 21))
GLANCE_AT = tuple(part / 12 for part in range(1, 13))
GLANCE_TOKENS = 4096
SHORT = 1_000  # steps: a shorter run takes every second look, to be short


class Looks:
    """All looks of one run, each taken when its step is due."""

    def __init__(
        self,
        run: Run,
        course: Course,
        metrics: Metrics,
        watcher: Watcher,
    ) -> None:
        self.run, self.metrics, self.watcher = run, metrics, watcher
        self.num_steps = run.recipe.num_steps
        self.glance, self.course = Glance(run), course
        self.samples, self.glances = moments(self.num_steps)
        sentence = Sentence.choose(run.held_out, run.tokenizer)
        context = run.recipe.model.context
        self.attention = AttentionRecord.reopen(
            run.folder,
            course.state.step,
            sentence.cut(context, run.tokenizer),
        )

    def due(self, step: int) -> bool:
        """Return whether there is any look to take after a step."""
        shares = (*self.glances, *self.samples, *ATTENTION_AT)
        return passes(step, self.num_steps, shares)

    def at(self, step: int, model: Transformer) -> None:
        """Look at the model after a step, in every way that is due."""
        if passes(step, self.num_steps, self.glances):
            bits = self.glance.bits_per_byte(model)
            self.metrics.add(step=step, held_out_glance=bits)
            self.metrics.add(step=step, peak_memory=peak_memory())
            self.watcher.glanced(step, bits)
        if passes(step, self.num_steps, WARN_AT):
            self._warn(step)
        if self.course.track:
            self._judge(step, self.course.track)
        if passes(step, self.num_steps, self.samples):
            self._sample(step, model)
        if passes(step, self.num_steps, ATTENTION_AT):
            self.attention.add(step, model)

    def _warn(self, step: int) -> None:
        """Say once if the loss runs away."""
        if self.metrics.of("runs_away"):
            return
        losses = np.array([loss for _, loss in self.metrics.of("loss")])
        recipe = self.run.recipe
        blind_guess = math.log(recipe.model.vocab_size)
        if seen := running_away(losses, blind_guess):
            self.metrics.add(step=step, runs_away=seen)
            remedy = halved_rates(self.run.folder, recipe.training)
            self.watcher.noted(f"The loss runs away: {seen}. {remedy}")

    def _judge(self, step: int, track: Track) -> None:
        """Say whether the run is on its track, where that is due."""
        losses = self.metrics.of("loss")
        verdict = track.judge(step, self.num_steps, losses)
        if verdict:
            self.metrics.add(
                step=step, track=verdict.word, usual=verdict.expected
            )
            self.watcher.tracked(step, verdict)

    def _sample(self, step: int, model: Transformer) -> None:
        """Let the model write, and keep that."""
        text = self.course.sample(model)
        self.metrics.add(step=step, sample=text)
        self.watcher.sampled(step, self.num_steps, text)


def moments(num_steps: int) -> tuple[Sequence[float], Sequence[float]]:
    """Return at which shares of a run to take samples, and glances.

    The last one always, of samples the first one too.
    """
    every = 2 if num_steps < SHORT else 1
    return SAMPLE_AT[::every], GLANCE_AT[every - 1 :: every]


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


def passes(step: int, total: int, shares: Sequence[float]) -> bool:
    """Return whether this step is the first to reach one of the shares."""
    return any((step - 1) < share * total <= step for share in shares)
