"""Where gradients by hand are for, and in which precision.

Shapes: D width.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def trains_on_cpu(x: Float[Tensor, "*B D"]) -> bool:
    """Say whether gradients are wanted, on a CPU."""
    return torch.is_grad_enabled() and x.device.type == "cpu"


def products_kind(x: Float[Tensor, "*B D"]) -> torch.dtype:
    """Return the precision that autocast gives to products with x."""
    where = x.device.type
    if torch.amp.is_autocast_available(where) and (
        torch.is_autocast_enabled(where)
    ):
        return torch.get_autocast_dtype(where)
    return x.dtype


def gradient_of_weight(
    gradient: Float[Tensor, "B T A"], x: Float[Tensor, "B T C"]
) -> Float[Tensor, "A C"]:
    """Return a weight's gradient: of every token, added up."""
    return gradient.flatten(0, 1).mT @ x.flatten(0, 1)
