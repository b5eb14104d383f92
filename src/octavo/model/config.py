"""The shape of a transformer, in one record."""

from dataclasses import dataclass, fields
from typing import Any, Self

from octavo.foundation import UserError, check_known


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that decides a model's shape and arithmetic.

    The defaults are the shape of Qwen3: RMSNorm, rotary positions,
    normalised queries and keys, SwiGLU, no biases, a tied head. Without
    `qk_norm` it is Llama's. `num_kv_heads` below `num_heads` gives
    grouped-query attention (Ainslie et al. 2023). Raises UserError for
    sizes that do not fit together.
    """

    vocab_size: int
    context: int = 256
    num_layers: int = 4
    width: int = 256
    num_heads: int = 4
    num_kv_heads: int = 4
    head_width: int = 64
    mlp_width: int = 768
    norm_epsilon: float = 1e-6
    rope_base: float = 10_000.0
    qk_norm: bool = True
    tied_head: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int and not (type(value) is int and value > 0):
                raise UserError(
                    f"{field.name} is {value!r}; it must be a whole number "
                    "above zero"
                )
        if self.num_heads % self.num_kv_heads:
            raise UserError(
                f"{self.num_heads} heads cannot share {self.num_kv_heads} "
                "key-value heads evenly: make num_heads a multiple of "
                "num_kv_heads"
            )
        if self.head_width % 2:
            raise UserError(
                f"head_width is {self.head_width}; rotary positions turn "
                "pairs of numbers, so it must be even"
            )
        if not 0 <= self.dropout < 1:
            raise UserError(
                f"dropout is {self.dropout}; it is a share from 0 up to, "
                "but not including, 1"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make a config of a mapping; a key it does not know raises."""
        known = [field.name for field in fields(cls)]
        check_known("key in the model's config", values, known)
        return cls(**values)
