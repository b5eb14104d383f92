"""The shape of a transformer, in one record."""

from dataclasses import dataclass, fields
from typing import Any

from octavo.foundation import UserError, check_known

CHOICES = {
    "norm": ("rms", "layer"),
    "positions": ("rotary", "learned", "sinusoidal", "none"),
    "mlp": ("swiglu", "gelu"),
}
MOST = 2**20  # no size is larger: a hostile file must not fill the memory


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Everything that decides a model's shape and arithmetic.

    The defaults are Qwen3's architecture; without `qk_norm` it is Llama's.
    GPT-2's is norm "layer", positions "learned", mlp "gelu" (its tanh
    approximation), bias, and no qk_norm. `num_kv_heads` below `num_heads`
    is grouped-query attention (Ainslie et al. 2023). `bias` gives one to
    every linear layer but the head, and to LayerNorm. `dropout` is a share
    of the embedding, and of what each part of a block adds to it.

    Raises UserError for values out of range or that do not fit together.
    """

    vocab_size: int
    context: int = 256
    num_layers: int = 4
    width: int = 256
    num_heads: int = 4
    num_kv_heads: int = 4
    head_width: int = 64
    mlp_width: int = 768
    norm: str = "rms"
    norm_epsilon: float = 1e-6
    positions: str = "rotary"
    rope_base: float = 10_000.0
    qk_norm: bool = True
    mlp: str = "swiglu"
    bias: bool = False
    tied_head: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            self._check(field.name, field.type, getattr(self, field.name))
        if self.num_heads % self.num_kv_heads:
            raise UserError(
                f"{self.num_heads} heads cannot share {self.num_kv_heads} "
                "key-value heads evenly: make num_heads a multiple of "
                "num_kv_heads"
            )
        if self.positions == "rotary" and self.head_width % 2:
            raise UserError(
                f"head_width is {self.head_width}; rotary positions turn "
                "pairs of numbers, so it must be even"
            )

    def _check(self, name: str, kind: object, value: Any) -> None:
        """Raise UserError unless a field's value is one it can have."""
        # No truth value, no NaN, no infinity.
        number = type(value) in (int, float) and abs(value) < 1e38
        if kind is str:
            check_known(name, [str(value)], CHOICES[name])
        elif kind is bool:
            right, wanted = type(value) is bool, "true or false"
        elif kind is int:
            right = type(value) is int and 0 < value <= MOST
            wanted = f"a whole number from 1 to {MOST:,}"
        elif name == "dropout":
            right = number and 0 <= value < 1
            wanted = "a share from 0 up to, but not including, 1"
        else:
            right, wanted = number and value > 0, "a number above zero"
        if kind is not str and not right:
            raise UserError(f"{name} is {value!r}; it must be {wanted}")
        if kind is float:  # 1 is 1.0
            object.__setattr__(self, name, float(value))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Make a config of a mapping; a key it does not know raises."""
        known = [field.name for field in fields(cls)]
        check_known("key in the model's config", values, known)
        return cls(**values)
