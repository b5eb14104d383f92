"""The limit: what keeps training within it, the cheapest technique first.

In the order of what each costs in time and frees (LOG.md). To save in
bfloat16 freed next to nothing that the system got back: it is not chosen.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from octavo.foundation import UserError
from octavo.training.memory.prediction import is_predictable, predict_memory
from octavo.training.recipe import Recipe

MARGIN = 1.2  # times the prediction: the furthest that it was off, and more
WORTH = 0.95  # of the memory before: what frees less is not worth its time
CHUNK = 256  # tokens whose logits are held at once
PART = 512  # tokens: products of fewer are slower
POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
RULES = {
    "loss_chunk": "the logits are large, and in chunks cost little time",
    "accumulate": f"a batch in parts; those below {PART} tokens come last",
    "checkpoint_activations": "blocks computed twice, for more time",
}


def parse_memory(text: str) -> int:
    """Return the bytes in text like "4GiB", "500MB" or "1.5 GB".

    >>> parse_memory("1.5 GB")
    1500000000
    """
    found = re.fullmatch(
        r"(\d{1,9}(?:\.\d{1,9})?) ?([kmgt])(i?)b", text.strip().lower()
    )
    size = 0
    if found:
        number, unit, binary = found.groups()
        size = int(
            float(number) * (1024 if binary else 1000) ** POWERS[unit]
        )
    if size == 0:
        raise UserError(
            f'memory limit "{text}" is no size above zero: write it as in '
            "4GiB or 500MB"
        )
    return size


def require_predictable(backend: str, device: str) -> None:
    """Raise UserError where no prediction holds."""
    if not is_predictable(backend, device):
        raise UserError(
            "a memory limit is for PyTorch on the CPU, and this is "
            f"{backend} on {device}: leave it out, or take --backend torch "
            "and --device cpu"
        )


def memory_for(recipe: Recipe) -> int:
    """Return the least limit that a recipe stays within as it is."""
    return math.ceil(MARGIN * predict_memory(recipe))


def fit(recipe: Recipe, limit: int) -> Recipe:
    """Return a recipe within a limit in bytes; UserError if none is."""
    for leaner in _ever_leaner(recipe):
        if memory_for(leaner) <= limit:
            return leaner
    model = recipe.model
    raise UserError(
        f"a memory limit of {megabytes(limit)} is too low for "
        f"{model.num_layers} layers {model.width} wide: the least that "
        f"would do is {megabytes(least_memory(recipe))}"
    )


def least_memory(recipe: Recipe) -> int:
    """Return the lowest limit that some techniques keep a recipe within."""
    return min(map(memory_for, _ever_leaner(recipe)))


def changes(before: Recipe, after: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what was done to fit, as in recipe.toml, and the rule."""
    for name, rule in RULES.items():
        value = getattr(after.training, name)
        if value != getattr(before.training, name):
            yield f"{name} = {str(value).lower()}", rule


def megabytes(size: int) -> str:
    """Write bytes as a limit that is no lower."""
    return f"{-(-size // 10**6)}MB"


def _ever_leaner(recipe: Recipe) -> Iterator[Recipe]:
    """Yield a recipe as it is, and with one technique more each time."""
    yield recipe
    for change in _techniques(recipe):
        training = replace(recipe.training, **change)  # type: ignore[arg-type]
        leaner = replace(recipe, training=training)
        if memory_for(leaner) <= WORTH * memory_for(recipe):
            recipe = leaner
            yield recipe


def _techniques(recipe: Recipe) -> Iterator[dict[str, int]]:
    """Yield changes to [training], the cheapest in time first."""
    training = recipe.training
    size, parts = training.batch_size, training.accumulate
    tokens = size * recipe.model.context
    more = [n for n in range(parts + 1, size + 1) if size % n == 0]
    if not training.loss_chunk:
        yield {"loss_chunk": CHUNK}
    yield from ({"accumulate": n} for n in more if tokens / n >= PART)
    yield {"checkpoint_activations": True}
    yield from ({"accumulate": n} for n in more if tokens / n < PART)
