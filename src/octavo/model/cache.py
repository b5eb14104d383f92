"""The key-value cache: what attention need not compute twice.

A token's key and value do not change when later tokens arrive. Keeping
them makes a step of generation cost one token's work, not the whole text's.

Shapes: B batch, G key-value heads, T time, K head width.
"""

import torch
from torch import Tensor

from octavo.model.config import ModelConfig


class LayerCache:
    """The keys and values that one layer has seen, in room set aside."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys, values  # (B, G, context, K) each

    def extend(
        self, start: int, keys: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Store what stands from `start` on; return all up to there."""
        end = start + keys.shape[2]
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        return self.keys[:, :, :end], self.values[:, :, :end]


class Cache:
    """The cache of a whole model; `length` tokens are in it.

    It holds at most `config.context` tokens: who generates past that
    empties it and reads the tail of the text again (see `generation`).
    """

    def __init__(self, config: ModelConfig, batch: int = 1) -> None:
        shape = (
            batch,
            config.num_kv_heads,
            config.context,
            config.head_width,
        )
        self.length = 0
        self.layers = [
            LayerCache(torch.zeros(shape), torch.zeros(shape))
            for _ in range(config.num_layers)
        ]
