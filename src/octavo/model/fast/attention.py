"""Causal attention that keeps its weights for the way back.

Shapes: B batch (and heads), T time, H heads, G key-value heads, S keys,
K head width.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from octavo.model.fast.where import products_kind, trains_on_cpu

ROWS = 128  # of queries that attention mixes for at once
LONGEST = 512  # texts whose attention weights are kept


def attend(
    query: Float[Tensor, "B T K"],
    key: Float[Tensor, "B T K"],
    value: Float[Tensor, "B T K"],
) -> tuple[Float[Tensor, "B T K"], list[Float[Tensor, "B _ _"]]]:
    """Return the mixed values, and the weights of each piece.

    Queries are scaled already. A few rows of them are taken at a time, and
    see no keys that are all in the future: most of the triangle is never
    computed.
    """
    future = torch.ones(ROWS, ROWS, dtype=torch.bool).triu(1)
    mixed, kept = torch.empty_like(query), []
    for begin, end in pieces(query.shape[1]):
        scores = query[:, begin:end] @ key[:, :end].mT
        hidden = future[: end - begin, : end - begin]
        scores[:, :, begin:].masked_fill_(hidden, -math.inf)
        weights = scores.softmax(dim=-1)
        mixed[:, begin:end] = weights @ value[:, :end]
        kept.append(weights)
    return mixed, kept


def attend_back(
    gradient: Float[Tensor, "B T K"],
    query: Float[Tensor, "B T K"],
    key: Float[Tensor, "B T K"],
    value: Float[Tensor, "B T K"],
    kept: Sequence[Float[Tensor, "B _ _"]],
) -> tuple[Float[Tensor, "B T K"], ...]:
    """Return the gradients of (scaled) queries, keys and values."""
    into_query = torch.empty_like(query)
    into_key, into_value = torch.zeros_like(key), torch.zeros_like(key)
    for (begin, end), weights in zip(
        pieces(query.shape[1]), kept, strict=True
    ):
        arriving = gradient[:, begin:end]
        into_value[:, :end] += weights.mT @ arriving
        into_scores = torch.ops.aten._softmax_backward_data(
            arriving @ value[:, :end].mT, weights, -1, weights.dtype
        )
        into_query[:, begin:end] = into_scores @ key[:, :end]
        into_key[:, :end] += into_scores.mT @ query[:, begin:end]
    return into_query, into_key, into_value


class FastAttention(torch.autograd.Function):
    """Causal attention that keeps its weights for the way back.

    Torch's fused kernel keeps nothing and computes them twice, which is
    slow in bfloat16.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Float[Tensor, "B T K"],
        key: Float[Tensor, "B T K"],
        value: Float[Tensor, "B T K"],
    ) -> Float[Tensor, "B T K"]:
        """Return the mixed values; keep the weights of each piece."""
        query = query * query.shape[-1] ** -0.5
        mixed, kept = attend(query, key, value)
        ctx.save_for_backward(query, key, value, *kept)
        return mixed

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "B T K"]
    ) -> tuple[Float[Tensor, "B T K"], ...]:
        """Return the gradients of queries, keys and values."""
        query, key, value, *kept = ctx.saved_tensors
        into_query, *others = attend_back(gradient, query, key, value, kept)
        return into_query * query.shape[-1] ** -0.5, *others


def pieces(length: int) -> list[tuple[int, int]]:
    """Cut a length into pieces of ROWS: where each begins and ends."""
    begins = range(0, length, ROWS)
    return [(begin, min(begin + ROWS, length)) for begin in begins]


def keeping_pays(
    query: Float[Tensor, "B H T K"], key: Float[Tensor, "B G S K"]
) -> bool:
    """Say whether FastAttention is faster than torch's kernel (LOG.md).

    In float32 torch's is the faster one, and for long texts the weights
    would be large.
    """
    return (
        trains_on_cpu(query)
        and query.shape == key.shape
        and 1 < query.shape[-2] <= LONGEST
        and products_kind(query) == torch.bfloat16
    )


def fast_attention(
    query: Float[Tensor, "B H T K"],
    key: Float[Tensor, "B H T K"],
    value: Float[Tensor, "B H T K"],
) -> Float[Tensor, "B H T K"]:
    """Mix values by how well earlier keys answer each query."""
    kind, shape = products_kind(query), query.shape
    mixed: Tensor = FastAttention.apply(  # type: ignore[no-untyped-call]
        *(x.flatten(0, 1).to(kind) for x in (query, key, value))
    )
    return mixed.view(shape)
