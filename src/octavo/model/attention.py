"""Attention: each token gathers what it needs from those before it.

Shapes: B batch, T queries in time, S keys in time, D width, H heads,
G key-value heads, K head width.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from octavo.model.cache import LayerCache
from octavo.model.config import ModelConfig
from octavo.model.fast.attention import fast_attention, keeping_pays
from octavo.model.norm import RMSNorm
from octavo.model.positions import Rotation, turn


def scaled_dot_product_attention(
    query: Float[Tensor, "*B T K"],
    key: Float[Tensor, "*B S K"],
    value: Float[Tensor, "*B S V"],
    mask: Bool[Tensor, "T S"] | None = None,
) -> Float[Tensor, "*B T V"]:
    """Mix values by how well their keys answer each query.

    query is (..., T, K), key and value (..., S, K), mask (T, S) is true
    where a query may look; returns (..., T, K). Vaswani et al. 2017,
    equation 1. Torch's fused kernel equals it, without the big matrix.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1)
    return weights @ value


def causal_mask(num_queries: int, num_keys: int) -> Bool[Tensor, "T S"]:
    """Return (T, S) booleans: a query sees itself and what came before.

    The queries are the last of the keys, so the lower right corner is
    always true.

    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    everything = torch.ones(num_queries, num_keys, dtype=torch.bool)
    return everything.tril(num_keys - num_queries)


class Attention(nn.Module):
    """Multi-head causal self-attention, grouped-query where asked for."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.head_width = config.head_width
        outer = config.num_heads * config.head_width
        inner = config.num_kv_heads * config.head_width
        self.query = nn.Linear(config.width, outer, bias=config.bias)
        self.key = nn.Linear(config.width, inner, bias=config.bias)
        self.value = nn.Linear(config.width, inner, bias=config.bias)
        self.output = nn.Linear(outer, config.width, bias=config.bias)
        self.query_norm: nn.Module = nn.Identity()
        self.key_norm: nn.Module = nn.Identity()
        if config.qk_norm:
            # Normalised, no query can shout: scores stay bounded and the
            # learning rate can be high (Henry et al. 2020).
            size = (config.head_width, config.norm_epsilon)
            self.query_norm, self.key_norm = RMSNorm(*size), RMSNorm(*size)

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        rotation: Rotation | None = None,
        cache: LayerCache | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Let each token look at itself, those before, and the cache."""
        query = self.query_norm(self._split(self.query(x)))  # (B, H, T, K)
        key = self.key_norm(self._split(self.key(x)))  # (B, G, T, K)
        value = self._split(self.value(x))
        if rotation is not None:
            query, key = turn(query, rotation), turn(key, rotation)
        if cache is not None:
            key, value = cache.extend(key, value)
        mixed = attention_in_texts(query, key, value, lengths)
        joined: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return joined

    def _split(self, x: Float[Tensor, "B T _"]) -> Float[Tensor, "B _ T K"]:
        """Cut (B, T, heads x K) into (B, heads, T, K)."""
        batch, time, _ = x.shape
        heads = x.view(batch, time, -1, self.head_width)
        return heads.transpose(1, 2)


def attention_in_texts(
    query: Float[Tensor, "B H T K"],
    key: Float[Tensor, "B G S K"],
    value: Float[Tensor, "B G S K"],
    lengths: Sequence[int] | None,
) -> Float[Tensor, "B H T K"]:
    """Let each of the texts that stand in a row attend to itself alone.

    The mask that would say so is a chain of triangles, one a text, and
    false elsewhere; what is false is never computed.
    """
    if lengths is None:
        return fused_causal_attention(query, key, value)
    size = list(lengths)
    parts = [torch.split(x, size, dim=2) for x in (query, key, value)]
    texts = zip(*parts, strict=True)
    mixed = [fused_causal_attention(*text) for text in texts]
    return torch.cat(mixed, dim=2)


def fused_causal_attention(
    query: Float[Tensor, "B H T K"],
    key: Float[Tensor, "B G S K"],
    value: Float[Tensor, "B G S K"],
) -> Float[Tensor, "B H T K"]:
    """Do what `scaled_dot_product_attention` does, without the big matrix.

    The kernel never stores all T x S weights (Dao et al. 2022), and lets
    groups of heads share a key-value head without copying it.
    """
    if keeping_pays(query, key):
        return fast_attention(query, key, value)
    num_queries, num_keys = query.shape[2], key.shape[2]
    mask = None
    if 1 < num_queries < num_keys:
        mask = causal_mask(num_queries, num_keys).to(query.device)
    return functional.scaled_dot_product_attention(
        query,
        key,
        value,
        mask,
        is_causal=num_queries == num_keys,
        enable_gqa=query.shape[1] > key.shape[1],
    )
