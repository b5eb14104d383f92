"""The key-value cache: what attention need not compute twice.

A token's key and value do not change when later tokens arrive. Keeping
them makes a step of generation cost one token's work, not the whole text's.

Shapes: B batch, G key-value heads, T new tokens, S tokens so far, K head
width.
"""

from jaxtyping import Float
from torch import Tensor

from octavo.model.config import ModelConfig


class LayerCache:
    """The keys and values that one layer has seen, in room set aside."""

    keys: Tensor  # (B, G, context, K)
    values: Tensor

    def __init__(self, context: int) -> None:
        self.context, self.length = context, 0

    def extend(
        self,
        keys: Float[Tensor, "B G T K"],
        values: Float[Tensor, "B G T K"],
    ) -> tuple[Float[Tensor, "B G S K"], Float[Tensor, "B G S K"]]:
        """Store what follows; return all keys and values up to there."""
        if self.length == 0:  # the first ones say which type and device
            batch, heads, _, width = keys.shape
            room = (batch, heads, self.context, width)
            self.keys = keys.new_empty(room)
            self.values = values.new_empty(room)
        start, end = self.length, self.length + keys.shape[2]
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class Cache:
    """The cache of a whole model.

    It holds at most `config.context` tokens, or as many as there is to be
    room for: who generates past that reads the tail of the text again (see
    `generation`).
    """

    def __init__(
        self, config: ModelConfig, room: int | None = None
    ) -> None:
        most = config.context if room is None else room
        self.layers = [LayerCache(most) for _ in range(config.num_layers)]

    @property
    def length(self) -> int:
        """How many tokens are in it."""
        return self.layers[0].length

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        for layer in self.layers:
            layer.length = length

    def select(self, rows: list[int]) -> None:
        """Forget all texts of the batch but these."""
        for layer in self.layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]
