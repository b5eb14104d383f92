"""Devices: where the arithmetic is done, and whether it can be trusted.

An accelerator can be wrong and say nothing: users of Apple's (mps) have met
other numbers than the CPU's for the same model. So before training goes
there, one step's loss and gradients are computed in both places, on the
step's real shapes, and compared.

Shapes: B windows in a batch, T tokens in a window.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from octavo.foundation import UserError, check_known
from octavo.model import Transformer
from octavo.training.backends import Backend
from octavo.training.recipe import DEVICES

# How far a sound device may be from the CPU, as a share of each number's
# size: they round in another order, and in bfloat16 to eight bits (LOG.md).
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.1, "bfloat16-saved": 0.1}
# A gradient smaller than this share of all of them together is measured by
# that share: one that should be zero is nothing but rounding.
LEAST = 0.01
MOST_TOKENS = 16_384  # of a step are compared: the CPU is waited for
Gradients = Mapping[str, Tensor]


def choose_device(name: str, backend: str = "torch") -> str:
    """Return the device that a name stands for on this machine.

    "auto" is an NVIDIA card where there is one and PyTorch is the backend,
    and else the CPU; Apple's has to be asked for. Raises UserError for what
    is unknown or not here.
    """
    check_known("device", [name], ("auto", *DEVICES))
    if name == "auto":
        on_cuda = backend == "torch" and torch.cuda.is_available()
        return "cuda" if on_cuda else "cpu"
    require_device(name)
    return name


def require_device(name: str) -> None:
    """Raise UserError unless a device is there."""
    found = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not found[name]:
        raise UserError(
            f"PyTorch finds no {name} device here: take the CPU (--device "
            "cpu; for a recipe, --set training.device=cpu)"
        )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A step on a device beside the same step on the CPU.

    `apart` says how far the loss and each parameter's gradient are from
    the CPU's, as a share of their size.
    """

    device: str
    loss: float
    loss_on_cpu: float
    apart: dict[str, float]

    @property
    def worst(self) -> float:
        """The largest of the shares."""
        return max(self.apart.values())

    def __str__(self) -> str:
        ordered = sorted(self.apart, key=self.apart.__getitem__)
        figures = ", ".join(
            f"{name} {self.apart[name]:.1e}" for name in ordered[:-4:-1]
        )
        return (
            f"loss {self.loss:.5f} on {self.device}, "
            f"{self.loss_on_cpu:.5f} on the CPU; furthest apart, as shares "
            f"of their size: {figures}"
        )


def compare_with_cpu(
    backend: Backend, model: Transformer, inputs: Tensor, targets: Tensor
) -> Comparison:
    """Compute loss and gradients on (B, T) ids in both places.

    Of a very large batch, on its first windows. Dropout rests meanwhile: no
    two devices draw the same numbers.
    """
    few = max(1, MOST_TOKENS // inputs.shape[1])
    inputs, targets = inputs[:few], targets[:few]
    was_training = model.training
    model.eval()
    loss, gradients = backend.loss(inputs, targets), gradients_of(model)
    model.train(was_training)
    on_cpu, right = learn_on_cpu(model, inputs, targets)
    apart = {"loss": _share(abs(loss - on_cpu), on_cpu)}
    return Comparison(
        device=model.embedding.weight.device.type,
        loss=loss,
        loss_on_cpu=on_cpu,
        apart=apart | distances(gradients, right),
    )


def learn_on_cpu(
    model: Transformer, inputs: Tensor, targets: Tensor
) -> tuple[float, Gradients]:
    """Return loss and gradients of a copy of the model on the CPU."""
    with torch.random.fork_rng(devices=[]):
        copy = Transformer(model.config)
    copy.load_state_dict(model.state_dict())
    logits = copy.eval()(inputs).flatten(0, 1)
    loss = functional.cross_entropy(logits, targets.flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.item(), gradients_of(copy)


def require_agreement(found: Comparison, precision: str) -> None:
    """Raise UserError, with the figures, for a device that is wrong."""
    tolerance = TOLERANCES[precision]
    if found.worst > tolerance:
        raise UserError(
            f"{found.device} does not compute what the CPU does: {found}; "
            f"rounding is below {tolerance:g}. Make the run anew with "
            "--device cpu, or try another version of PyTorch"
        )


def gradients_of(model: Transformer) -> dict[str, Tensor]:
    """Return every parameter's gradient, on the CPU."""
    return {
        name: parameter.grad.detach().cpu().float()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }


def distances(found: Gradients, right: Gradients) -> dict[str, float]:
    """Return how far gradients are from the right ones, by parameter.

    The norm of the difference over the norm of what is right, or over a
    hundredth of all that is right together, if that is more.

    >>> right = {"a": torch.tensor([3.0, 4.0]), "b": torch.zeros(2)}
    >>> found = {"a": torch.tensor([3.0, 4.5]), "b": torch.ones(2) / 100}
    >>> distances(found, right)
    {'a': 0.1, 'b': 0.28284...}
    """
    norms = {name: float(x.norm()) for name, x in right.items()}
    least = LEAST * math.hypot(*norms.values())
    return {
        name: _share(
            float((found[name] - x).norm()), max(norms[name], least)
        )
        for name, x in right.items()
    }


def _share(part: float, whole: float) -> float:
    """Return a part's share of a whole; infinite where there is none."""
    if part == 0:
        return 0.0
    share = part / whole if whole else math.inf
    return math.inf if math.isnan(share) else share
