"""The model: ids in, a score for every possible next token out.

A transformer that only looks back, of Qwen3's shape: normalisation before
each part (RMSNorm), positions as rotations, queries and keys normalised,
a gated network (SwiGLU), no biases, and the embedding as the output head.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from octavo.model.attention import (
    causal_mask,
    scaled_dot_product_attention,
)
from octavo.model.positions import Rotation, rotary_angles, rotate


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that decides a model's shape and arithmetic."""

    vocab_size: int
    context: int = 128  # tokens that it can look back on
    num_layers: int = 4
    width: int = 128  # of the stream that runs through all layers
    num_heads: int = 2
    head_width: int = 64
    mlp_width: int = 384


class RMSNorm(nn.Module):
    """Divide by the root mean square; scale (Zhang and Sennrich 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Normalise the last dimension."""
        mean_square = x.square().mean(dim=-1, keepdim=True)
        return x * (mean_square + 1e-6).rsqrt() * self.weight


class Cache:
    """The keys and values that one layer has seen, to be used again."""

    keys: Float[Tensor, "B H S K"]
    values: Float[Tensor, "B H S K"]
    length = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store what follows; return all keys and values up to there."""
        if self.length:
            keys = torch.cat((self.keys, keys), dim=2)
            values = torch.cat((self.values, values), dim=2)
        self.keys, self.values, self.length = keys, values, keys.shape[2]
        return keys, values


class Attention(nn.Module):
    """Multi-head causal self-attention."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.head_width = config.head_width
        inside = config.num_heads * config.head_width
        self.query = nn.Linear(config.width, inside, bias=False)
        self.key = nn.Linear(config.width, inside, bias=False)
        self.value = nn.Linear(config.width, inside, bias=False)
        self.output = nn.Linear(inside, config.width, bias=False)
        # Normalised, no query can shout: scores stay bounded and the
        # learning rate can be high (Henry et al. 2020).
        self.query_norm = RMSNorm(config.head_width)
        self.key_norm = RMSNorm(config.head_width)

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: Cache
    ) -> Float[Tensor, "B T D"]:
        """Let each token look at itself, those before, and the cache."""
        query, key, value = (
            part(x).unflatten(2, (-1, self.head_width)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )  # (B, H, T, K) each
        query = rotate(self.query_norm(query), *rotation)
        key = rotate(self.key_norm(key), *rotation)
        key, value = cache.extend(key, value)
        mask = causal_mask(query.shape[2], key.shape[2]).to(x.device)
        mixed = scaled_dot_product_attention(query, key, value, mask)
        return self.output(mixed.transpose(1, 2).flatten(2))


class SwiGLU(nn.Module):
    """The network of a block: one side is a gate (Shazeer 2020, eq. 6)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.mlp_width, bias=False)
        self.up = nn.Linear(config.width, config.mlp_width, bias=False)
        self.down = nn.Linear(config.mlp_width, config.width, bias=False)

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Think about each token by itself."""
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    """One layer: tokens exchange, then each thinks; both add to x."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width)
        self.attention = Attention(config)
        self.mlp_norm = RMSNorm(config.width)
        self.mlp = SwiGLU(config)

    def forward(
        self, x: Float[Tensor, "B T D"], rotation: Rotation, cache: Cache
    ) -> Float[Tensor, "B T D"]:
        """Add what attention gathers, then what the network makes of it."""
        x = x + self.attention(self.attention_norm(x), rotation, cache)
        return x + self.mlp(self.mlp_norm(x))


class Transformer(nn.Module):
    """A decoder-only transformer, from embedding to output head."""

    angles: Float[Tensor, "T P"]  # of all positions in the context

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        angles = rotary_angles(config.context, config.head_width, 1e4)
        self.register_buffer("angles", angles, persistent=False)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.num_layers)
        )
        self.norm = RMSNorm(config.width)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        # What a token means when read is what it means when written
        # (Press and Wolf 2017).
        self.head.weight = self.embedding.weight
        self.initialise()

    def initialise(self) -> None:
        """Draw all matrices afresh; norms begin at one.

        A deviation of 1/sqrt(inputs) keeps a signal's size. What adds to
        the stream begins smaller, so that depth does not make it louder
        (Radford et al. 2019), and the embedding as if all were a guess.
        """
        depth = math.sqrt(2 * self.config.num_layers)
        for name, matrix in self.named_parameters():
            if matrix.dim() == 2:
                deviation = matrix.shape[1] ** -0.5
                if "embedding" in name:
                    deviation = 0.02
                if name.endswith(("output.weight", "down.weight")):
                    deviation /= depth
                nn.init.normal_(matrix, std=deviation)

    def forward(
        self, ids: Int[Tensor, "B T"], cache: list[Cache] | None = None
    ) -> Float[Tensor, "B T V"]:
        """Score every token of the vocabulary as the next, at each place.

        With a cache, `ids` are the tokens that follow those already in it.
        """
        cache = cache or [Cache() for _ in self.blocks]
        start = cache[0].length
        angles = self.angles[start : start + ids.shape[1]]
        rotation = angles.cos(), angles.sin()
        x = self.embedding(ids)
        for block, layer in zip(self.blocks, cache, strict=True):
            x = block(x, rotation, layer)
        return self.head(self.norm(x))

    def loss(
        self, ids: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]
    ) -> Float[Tensor, ""]:
        """Return how surprising the targets are: nats per token."""
        logits = self(ids).flatten(0, 1)
        return functional.cross_entropy(logits, targets.flatten())
