"""Where a number stopped being one: the first parameter or module.

The batch is read once more by the PyTorch model, which holds the weights of
every backend, with a watch on each of its modules.

Shapes: B windows in a batch or a part of it, T tokens in a window.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from octavo.model import Transformer
from octavo.model.fast.blocks import given_back
from octavo.training.backends import parts
from octavo.training.surroundings import RandomNumbers


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """The largest absolute values that went into or out of a module."""

    layer: str
    place: str  # "input" or "output"
    peaks: list[float]  # of each window


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Where it began; `window` is the place in the batch."""

    found_in: str = "nowhere"
    layer: str = ""
    window: int = 0
    peaks: tuple[tuple[str, float], ...] = ()


def diagnose(
    model: Transformer,
    inputs: Tensor,
    targets: Tensor,
    accumulate: int = 1,
) -> Finding:
    """Return where (B, T) inputs and targets make a number go bad.

    They are read in as many parts as in training, so that from the same
    random numbers dropout falls where it fell. The model keeps its weights,
    and training its random numbers.
    """
    if bad := first_bad(model.named_parameters()):
        return Finding(found_in="weights", layer=bad)
    generators = RandomNumbers(model.embedding.weight.device.type)
    kept = generators.memory()
    first = 0
    try:
        for part, right in parts(inputs, targets, accumulate):
            if finding := _read(model, part, right, first):
                return finding
            first += len(part)
    finally:
        generators.remember(kept)
        model.zero_grad()
    return Finding()


def _read(
    model: Transformer, inputs: Tensor, targets: Tensor, first: int
) -> Finding | None:
    """Read a part of a batch, forward and back; return what goes bad.

    `first` is the number of its first window.
    """
    device = model.embedding.weight.device
    with given_back(model), watched(model) as sightings:
        hidden = model.hidden(inputs.to(device))
    for number, seen in enumerate(sightings):
        for window, peak in enumerate(seen.peaks):
            if not math.isfinite(peak):
                return Finding(
                    found_in=seen.place,
                    layer=seen.layer,
                    window=first + window,
                    peaks=_outputs(sightings[:number], window),
                )
    for window, right in enumerate(targets.to(device)):
        found_in, layer = _way_back(model, hidden[window], right)
        if layer:
            return Finding(
                found_in=found_in,
                layer=layer,
                window=first + window,
                peaks=_outputs(sightings, window),
            )
    return None


def _way_back(
    model: Transformer, hidden: Tensor, targets: Tensor
) -> tuple[str, str]:
    """Return where one window's scores or gradients go bad, or ""."""
    logits = model.head(hidden)
    if not math.isfinite(largest(logits)):
        return "output", "head"
    model.zero_grad()
    loss = functional.cross_entropy(logits, targets)
    loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    gradients = [(n, p.grad) for n, p in model.named_parameters()]
    return "gradient", first_bad(reversed(gradients))  # on the way back


def _outputs(
    sightings: Sequence[Sighting], window: int
) -> tuple[tuple[str, float], ...]:
    """Return the layers that a window passed, with its largest values."""
    return tuple(
        (seen.layer, seen.peaks[window])
        for seen in sightings
        if seen.place == "output"
    )


@contextmanager
def watched(model: nn.Module) -> Iterator[list[Sighting]]:
    """Yield a list of what passes each module that has weights."""
    sightings: list[Sighting] = []

    def watch(layer: str, module: nn.Module) -> Any:
        def note(_module: nn.Module, given: Any, result: Tensor) -> None:
            if not isinstance(given[0], Tensor):
                return  # positions: what comes out are weights, no more
            for place, x in (("input", given[0]), ("output", result)):
                peaks = x.detach().abs().flatten(1).amax(1).tolist()
                sightings.append(
                    Sighting(layer=layer, place=place, peaks=peaks)
                )

        return module.register_forward_hook(note)

    hooks = [
        watch(name, module)
        for name, module in model.named_modules()
        if list(module.parameters(recurse=False))
    ]
    try:
        yield sightings
    finally:
        for hook in hooks:
            hook.remove()


def first_bad(named: Iterable[tuple[str, Tensor | None]]) -> str:
    """Return the first name whose tensor has a number that is none."""
    for name, tensor in named:
        if tensor is not None and not math.isfinite(largest(tensor)):
            return name
    return ""


def largest(tensor: Tensor) -> float:
    """Return the largest absolute value; NaN if one is among them."""
    return tensor.detach().abs().max().item()
