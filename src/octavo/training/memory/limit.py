"""The limit: what saves enough memory, the cheapest technique first."""

import re
from collections.abc import Iterator
from dataclasses import replace

from octavo.foundation import UserError
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import Recipe

CHUNK = 256  # tokens whose logits are held at once
UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}  # powers


def parse_memory(text: str) -> int:
    """Return the bytes in text like "4GiB", "500MB" or "2 GB"."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT])(i?)B", text.strip())
    size = 0
    if found:
        number, unit, binary = found.groups()
        size = int(
            float(number) * (1024 if binary else 1000) ** UNITS[unit]
        )
    if size == 0:
        raise UserError(
            f'memory limit "{text}" is no size above zero: write it as in '
            "4GiB or 500MB"
        )
    return size


def fit(
    recipe: Recipe, limit: int, fast_bfloat16: bool
) -> tuple[Recipe, list[str]]:
    """Return a recipe within a limit in bytes, and a line per technique.

    A technique that would not help is left out. UserError if all of them
    are not enough.
    """
    lines: list[str] = []
    before = predict_memory(recipe)
    for changes, rule in _techniques(recipe, fast_bfloat16):
        if before <= limit:
            break
        training = replace(recipe.training, **changes)  # type: ignore[arg-type]
        changed = replace(recipe, training=training)
        after = predict_memory(changed)
        if after < before:
            named = ", ".join(f"{k} {v}" for k, v in changes.items())
            lines.append(f"{named}: {rule}; {_mb(before)} to {_mb(after)}")
            recipe, before = changed, after
    if before > limit:
        raise UserError(
            f"memory limit {_mb(limit)} is too low for this model and "
            f"batch: give at least {_mb(before)}, or make them smaller"
        )
    return recipe, lines


def _techniques(
    recipe: Recipe, fast_bfloat16: bool
) -> Iterator[tuple[dict[str, int | str], str]]:
    """Yield techniques with their rules, the cheapest in time first."""
    yield {"loss_chunk": CHUNK}, "the same sums, in parts"
    if recipe.training.precision == "float32":
        kind = "bfloat16" if fast_bfloat16 else "bfloat16-saved"
        yield {"precision": kind}, "half the digits kept"
    yield {"checkpoint_activations": True}, "blocks are computed twice"
    size, parts = recipe.training.batch_size, recipe.training.accumulate
    for more in range(parts + 1, size + 1):
        if size % more == 0:
            yield {"accumulate": more}, "smaller products are slower"


def _mb(size: int) -> str:
    """Write bytes as megabytes, rounded up, so that it can be given."""
    return f"{-(-size // 10**6)}MB"
