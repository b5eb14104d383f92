"""What a user asks of a run; what is left open, the dial derives."""

from dataclasses import dataclass, fields
from typing import Any

from octavo.foundation import UserError, check_known, check_seed
from octavo.training.dial.sizes import SIZES
from octavo.training.memory.precision import AUTO
from octavo.training.recipe import (
    BACKENDS,
    DEVICES,
    ON_NAN,
    PRECISIONS,
    TECHNIQUES,
    TrainingRecipe,
)

# Past these no run would ever end.
MOST = {"minutes": 525_600, "tokens": 10**15}
POSITIVE = (
    "minutes",
    "tokens",
    "context",
    "batch_size",
    "vocab_size",
    "memory_limit",
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a user asks of a run; None is left to the dial."""

    corpus: str
    field: str = "text"
    tokenizer: str = "train"
    vocab_size: int | None = None
    minutes: float | None = None
    tokens: int | None = None
    size: str | None = None
    context: int | None = None
    batch_size: int | None = None
    memory_limit: int | None = None  # in bytes
    prompt: str | None = None
    seed: int = 0
    backend: str = "torch"
    device: str = "cpu"
    on_nan: str = "stop"
    precision: str = AUTO
    accumulate: int = 1
    checkpoint_activations: bool = False
    loss_chunk: int = 0

    def __post_init__(self) -> None:
        for name in POSITIVE:
            self._check_number(name)
        for field in fields(self):
            if isinstance(getattr(self, field.name), str):
                check_text(field.name, getattr(self, field.name))
        check_seed(self.seed)
        check_known("backend", [self.backend], BACKENDS)
        check_known("device", [self.device], ("auto", *DEVICES))
        check_known("on_nan", [self.on_nan], ON_NAN)
        check_known("precision", [self.precision], (AUTO, *PRECISIONS))
        if self.size is not None:
            check_known("size", [self.size], SIZES)
        if self.minutes is not None and self.tokens is not None:
            raise UserError(
                "minutes and tokens both set the budget: give one of them"
            )
        if self.vocab_size is not None and self.tokenizer != "train":
            raise UserError(
                "vocab_size is that of a new tokenizer, and "
                f'"{self.tokenizer}" has its own: give one of them'
            )
        self.bare()

    @property
    def techniques(self) -> dict[str, Any]:
        """What saves memory, as in a recipe; float32 where it is open."""
        asked = {name: getattr(self, name) for name in TECHNIQUES}
        if self.precision == AUTO:
            asked["precision"] = "float32"
        return asked

    def bare(self) -> TrainingRecipe:
        """Return the techniques in a recipe; UserError for wrong ones."""
        return TrainingRecipe(
            tokens=1,
            batch_size=max(1, self.accumulate),
            backend=self.backend,
            **self.techniques,
        )

    def _check_number(self, name: str) -> None:
        """Raise UserError unless a number is absent, or in its range."""
        value, most = getattr(self, name), MOST.get(name)
        limit = "" if most is None else f" and at most {most:,}"
        if value is not None and not 0 < value <= (most or value):
            raise UserError(f"{name} is {value}; it must be above 0{limit}")


def check_text(name: str, value: str) -> None:
    """Raise UserError for text that is empty or cannot be written."""
    if not value:
        raise UserError(f"{name} is empty: give at least one character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f'{name} "{value}" is no UTF-8 at character {error.start}: '
            "write it, or name the file, in UTF-8"
        ) from None
