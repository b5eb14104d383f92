"""Where a number stopped being one: the first parameter or module.

The batch is read once more, a window at a time, by the PyTorch model, which
holds the weights of every backend, with a watch on each of its modules.

Shapes: B windows in a batch, T tokens in a window.
"""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from octavo.model import Transformer
from octavo.training.surroundings import RandomNumbers


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """The largest absolute value that went into or out of a module."""

    layer: str
    place: str  # "input" or "output"
    peak: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Where it began; `window` is the place in the batch."""

    found_in: str = "nowhere"
    layer: str = ""
    window: int = 0
    peaks: tuple[tuple[str, float], ...] = ()


def diagnose(
    model: Transformer, inputs: Tensor, targets: Tensor
) -> Finding:
    """Return where (B, T) inputs and targets make a number go bad.

    The model keeps its weights, and training its random numbers.
    """
    if bad := first_bad(model.named_parameters()):
        return Finding(found_in="weights", layer=bad)
    generators = RandomNumbers(model.embedding.weight.device.type)
    kept = generators.memory()
    try:
        for window in range(len(inputs)):
            one = slice(window, window + 1)
            finding = _read(model, inputs[one], targets[one], window)
            if finding.found_in != "nowhere":
                return finding
    finally:
        generators.remember(kept)
        model.zero_grad()
    return Finding()


def _read(
    model: Transformer, inputs: Tensor, targets: Tensor, window: int
) -> Finding:
    """Read one window, forward and back; return what goes bad first."""
    device = model.embedding.weight.device
    with watched(model) as sightings:
        logits = model(inputs.to(device)).flatten(0, 1)
    peaks: list[tuple[str, float]] = []
    found_in, bad = "nowhere", ""
    for seen in sightings:
        if not math.isfinite(seen.peak):
            found_in, bad = seen.place, seen.layer
            break
        if seen.place == "output":
            peaks.append((seen.layer, seen.peak))
    else:
        loss = functional.cross_entropy(
            logits, targets.to(device).flatten()
        )
        model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [(n, p.grad) for n, p in model.named_parameters()]
        if bad := first_bad(reversed(gradients)):  # on the way back
            found_in = "gradient"
    return Finding(
        found_in=found_in, layer=bad, window=window, peaks=tuple(peaks)
    )


@contextmanager
def watched(model: nn.Module) -> Iterator[list[Sighting]]:
    """Yield a list of what passes each module that has weights."""
    sightings: list[Sighting] = []

    def watch(layer: str, module: nn.Module) -> Any:
        def note(_module: nn.Module, given: Any, result: Tensor) -> None:
            for place, x in (("input", given[0]), ("output", result)):
                sightings.append(
                    Sighting(layer=layer, place=place, peak=largest(x))
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
