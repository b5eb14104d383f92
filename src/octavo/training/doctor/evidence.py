"""The evidence: what a run folder tells, and what follows from it.

Nothing here judges. Losses are in nats per token, as training counts them.

Shapes: N steps done, V vocabulary.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from octavo.foundation import UserError
from octavo.inspection.parts import count_flops
from octavo.model import Transformer
from octavo.training.batches import num_windows
from octavo.training.chart import bits_per_byte_per_nat
from octavo.training.checkpoints import require_record
from octavo.training.doctor.machine import Machine
from octavo.training.doctor.trials import Sweep
from octavo.training.metrics import Metrics
from octavo.training.run import Run, Status, load_trained, read_status
from octavo.training.track import PARTS, Track, Verdict
from octavo.training.trouble.runaway import Floats

FEW = 10  # an end of the curve is a tenth of its steps, or so many


@dataclass(frozen=True)
class Sign:
    """What a check found: the figures in a sentence, and a remedy's values.

    The values fill the fields of the command that the symptom's row has.
    """

    seen: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A run as its folder shows it: begun or not, running, or finished."""

    run: Run
    metrics: Metrics
    status: Status
    machine: Machine
    sweep: Sweep | None = None

    @classmethod
    def gather(cls, folder: Path, machine: Machine | None = None) -> Self:
        """Read a run folder; what cannot be read is a UserError."""
        run, metrics = Run.open(folder), Metrics.read(folder)
        require_record(folder)
        return cls(
            run=run,
            metrics=metrics,
            status=read_status(folder),
            machine=machine or Machine.probe(folder),
            sweep=Sweep.read(folder),
        )

    @cached_property
    def losses(self) -> Floats:
        """The loss of every step that was done, (N,)."""
        losses = [loss for _, loss in self.metrics.of("loss")]
        return np.array(losses, np.float64)

    @cached_property
    def step_seconds(self) -> Floats:
        """What every step but the first took, (N - 1,).

        Looks at the model and saving count with the step after them.
        """
        seconds = [value for _, value in self.metrics.of("seconds")]
        return np.diff(np.array(seconds, np.float64))

    @property
    def num_steps(self) -> int:
        """How many steps the whole run has."""
        return self.run.recipe.num_steps

    @property
    def steps(self) -> int:
        """How many steps are done; batches that were left out count."""
        return max((row["step"] for row in self.metrics.rows), default=0)

    @property
    def ended(self) -> bool:
        """Whether the last step was done."""
        return self.steps >= self.num_steps

    @property
    def glances(self) -> list[tuple[int, float]]:
        """Bits per byte on a small part of the held-out text, by step."""
        return self.metrics.of("held_out_glance")

    @property
    def final(self) -> float | None:
        """Bits per byte on all of the held-out text, at the end."""
        scores = self.metrics.of("final")
        return scores[-1][1]["bits_per_byte"] if scores else None

    @property
    def tokens_per_step(self) -> int:
        """How many tokens a step reads."""
        recipe = self.run.recipe
        return recipe.training.batch_size * recipe.model.context

    def passes(self, step: int | None = None) -> float:
        """Return how often the text is read by a step, or in the end."""
        steps = self.num_steps if step is None else step
        return steps * self.tokens_per_step / len(self.run.train.ids)

    def batch_size_for(self, tokens: int, context: int) -> int:
        """Return how many windows make so many tokens, if the text has."""
        windows = num_windows(len(self.run.train.ids), context)
        return max(1, min(windows, tokens // context))

    @cached_property
    def end(self) -> float:
        """The mean loss of the last steps, a tenth of those done."""
        steps = len(self.losses)
        return self.loss_between(steps - max(FEW, steps // 10), steps)

    def loss_between(self, first: int, last: int) -> float:
        """Return the mean loss of the steps from `first` up to `last`."""
        return float(self.losses[max(0, first) : last].mean())

    @cached_property
    def bits_per_nat(self) -> float:
        """What turns a loss into bits per byte of the training text."""
        return bits_per_byte_per_nat(self.run)

    @property
    def blind_guess(self) -> float:
        """The loss of whoever finds all tokens equally likely: ln V."""
        return math.log(self.run.recipe.model.vocab_size)

    @cached_property
    def by_frequency(self) -> float:
        """The loss of whoever knows each token's frequency, no more."""
        counts = np.bincount(self.run.train.ids)
        shares = counts[counts > 0] / counts.sum()
        return float(-(shares * np.log(shares)).sum())

    @cached_property
    def shape(self) -> Transformer:
        """The model without numbers: it takes no room."""
        with torch.device("meta"):
            return Transformer(self.run.recipe.model)

    @property
    def flops_per_token(self) -> int:
        """FLOPs of a token's matrix products, there and back again.

        The way back takes twice as many: inputs and weights have gradients.
        """
        config = self.run.recipe.model
        return 3 * sum(
            count_flops(part, config) for part in self.shape.modules()
        )

    def products(
        self, threads: int, dtype: torch.dtype = torch.float32
    ) -> float:
        """Measure this machine on products of the run's shape."""
        model = self.run.recipe.model
        return self.machine.products(
            self.tokens_per_step,
            model.width,
            model.mlp_width,
            threads=threads,
            dtype=dtype,
        )

    @cached_property
    def tokens_per_second(self) -> float:
        """The speed of the usual step; 0 before there are two."""
        if not len(self.step_seconds):
            return 0.0
        seconds = max(1e-9, float(np.median(self.step_seconds)))
        return self.tokens_per_step / seconds

    @property
    def by_torch_on_cpu(self) -> bool:
        """Whether a run's speed is comparable with `products` here."""
        training = self.run.recipe.training
        return (training.backend, training.device) == ("torch", "cpu")

    @cached_property
    def share_of_products(self) -> float:
        """Which share of the speed of products training reached, 0 to 1.

        Where another program has a core, one thread may be faster than
        all, so that both are measured.
        """
        threads = {1, self.run.recipe.training.threads}
        possible = max(map(self.products, threads))
        reached = self.tokens_per_second * self.flops_per_token
        return min(1.0, reached / possible)

    @cached_property
    def verdict(self) -> Verdict | None:
        """The loss beside that of a recorded run, if one is like this."""
        part = PARTS * self.steps // self.num_steps
        track = Track.of(self.run) if part else None
        if track is None:
            return None
        step = math.ceil(part * self.num_steps / PARTS)
        losses = [
            (at, x) for at, x in self.metrics.of("loss") if at <= step
        ]
        return track.judge(step, self.num_steps, losses)

    @cached_property
    def drift(self) -> float | None:
        """How far the blocks' matrices have moved, in their first lengths.

        The seed makes the first ones again. None without saved weights.
        """
        try:
            model = load_trained(self.run.folder)
        except UserError:  # none yet, or they are being written now
            return None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.run.recipe.training.seed)
            first = Transformer(self.run.recipe.model)
        before, now = _matrices(first), _matrices(model)
        return float(torch.dist(before, now) / before.norm())


def _matrices(model: Transformer) -> Tensor:
    """Return the numbers of all matrices in the blocks, in a row."""
    matrices = (p for p in model.blocks.parameters() if p.dim() == 2)
    return torch.cat([m.detach().flatten() for m in matrices])
