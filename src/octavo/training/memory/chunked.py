"""Chunked cross-entropy: the logits of some tokens at a time, never all.

The logits are the largest thing in training where the vocabulary is large:
8,192 tokens times 50,000 choices are 1.6 GB, and their gradient as much
again. But the loss is a sum over tokens, and so are its gradients: a few
tokens' share of them is computed at once, and the logits thrown away before
the next few (Wijmans et al. 2024; Hsu et al. 2024).

Shapes: N tokens, C tokens in a chunk, D width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def chunked_cross_entropy(
    hidden: Tensor, head: Tensor, targets: Tensor, chunk: int
) -> Tensor:
    """Return the mean cross-entropy of the logits `hidden @ head.T`.

    hidden is (N, D), head (V, D), targets (N,); at most `chunk` tokens'
    logits are held. The gradients are found on the way: no product is
    computed twice. There are no gradients of gradients.
    """
    loss: Tensor = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden, head, targets, chunk
    )
    return loss


class _ChunkedCrossEntropy(torch.autograd.Function):
    """The loss, with both gradients computed on the way forward."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, head: Tensor, targets: Tensor, chunk: int
    ) -> Tensor:
        """Add up the loss and its gradients, chunk by chunk."""
        loss = torch.zeros((), device=hidden.device)
        to_hidden, to_head = (
            torch.empty_like(hidden),
            torch.zeros_like(head),
        )
        for x, right, to_x in zip(
            torch.split(hidden, chunk),
            torch.split(targets, chunk),
            torch.split(to_hidden, chunk),
            strict=True,
        ):
            share, to_logits = _loss_of(functional.linear(x, head), right)
            loss += share
            to_x.copy_(to_logits @ head)
            to_head += to_logits.T @ x
        # Not saved as activations are, which may be rounded to bfloat16.
        ctx.gradients = to_hidden / len(hidden), to_head / len(hidden)
        return loss / len(hidden)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradients that are there already."""
        to_hidden, to_head = ctx.gradients
        return to_hidden * outer, to_head * outer, None, None


def _loss_of(logits: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of losses on (C, V) logits, and its gradient.

    The gradient is each token's probability, less one for the right token.
    """
    log_probabilities = logits.float().log_softmax(-1)
    places = right[:, None]
    loss = -log_probabilities.gather(-1, places).sum()
    gradient = log_probabilities.exp_()
    gradient.scatter_add_(-1, places, -torch.ones_like(gradient[:, :1]))
    return loss, gradient
