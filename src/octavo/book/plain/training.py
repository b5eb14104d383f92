"""Training: predict each next token, be corrected, move; over and over."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from octavo.book.plain.model import Transformer
from octavo.book.plain.optimizers import Adam, Muon


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model learns from its tokens."""

    num_steps: int = 500
    batch_size: int = 16  # windows of the model's context
    seed: int = 0
    matrix_learning_rate: float = 0.02
    other_learning_rate: float = 0.01
    momentum: float = 0.9
    warmup_steps: int = 10
    decay_share: float = 0.4  # of the steps: over the last, rates fall

    def learning_rate_share(self, step: int) -> float:
        """Return the share of the full learning rate at a step."""
        rising = (step + 1) / self.warmup_steps
        falling = (self.num_steps - step) / self.num_steps
        return min(1.0, rising, falling / self.decay_share)


def window_starts(size: int, context: int, seed: int) -> Iterator[int]:
    """Yield where in a text to cut windows that do not overlap, for ever.

    Every pass starts its cuts at another offset and takes the windows in
    another order: each token is read once a pass, in new company.
    """
    for turn in count():
        random = np.random.default_rng([seed, turn])
        offset = random.integers(context)
        for place in random.permutation((size - context) // context):
            yield int(offset + place * context)


def batches(
    ids: Int[Tensor, " N"], context: int, batch_size: int, seed: int
) -> Iterator[tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]]]:
    """Yield inputs and, one token on, targets, for ever."""
    starts = window_starts(len(ids), context, seed)
    while True:
        chosen = islice(starts, batch_size)
        windows = torch.stack([ids[n : n + context + 1] for n in chosen])
        yield windows[:, :-1], windows[:, 1:]


def make_optimizer(name: str, x: Tensor, recipe: Recipe) -> Muon | Adam:
    """Give blocks' matrices to Muon; embeddings are tables, no maps."""
    if name.startswith("blocks.") and x.dim() == 2:
        return Muon(x, recipe.matrix_learning_rate, recipe.momentum)
    return Adam(x, recipe.other_learning_rate)


def train(
    model: Transformer, ids: Int[Tensor, " N"], recipe: Recipe
) -> Iterator[float]:
    """Take step after step; yield each one's loss, in nats per token."""
    named = dict(model.named_parameters())
    optimizers = [make_optimizer(n, x, recipe) for n, x in named.items()]
    context, size = model.config.context, recipe.batch_size
    taught = batches(ids, context, size, recipe.seed)
    for step, batch in enumerate(islice(taught, recipe.num_steps)):
        loss = model.loss(*batch)
        gradients = torch.autograd.grad(loss, list(named.values()))
        share = recipe.learning_rate_share(step)
        for optimizer, gradient in zip(optimizers, gradients, strict=True):
            optimizer.step(gradient, share)
        yield loss.item()


@torch.no_grad()
def bits_per_byte(
    model: Transformer, ids: Int[Tensor, " N"], num_bytes: int
) -> float:
    """Return how well a model foretells ids, all but the first."""
    context, nats = model.config.context, 0.0
    for start in range(0, len(ids) - 1, context):
        window = ids[None, start : start + context + 1]
        inputs, targets = window[:, :-1], window[:, 1:]
        nats += model.loss(inputs, targets).item() * targets.numel()
    return nats / math.log(2) / num_bytes
