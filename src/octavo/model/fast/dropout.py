"""Dropout by one random byte a number, where torch draws four.

Shapes: D width.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class FastDropout(torch.autograd.Function):
    """Dropout by one random byte a number, where torch draws four.

    A number is dropped when its byte is under 256 times the share asked
    for, rounded; what stays is scaled by the share that does stay.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Float[Tensor, "*B D"], share: float
    ) -> Float[Tensor, "*B D"]:
        """Return x with zeros in it; keep where."""
        dropped = round(share * 256)
        words = torch.empty(math.ceil(x.numel() / 8), dtype=torch.int64)
        drawn = words.random_(-(2**63), None).view(torch.uint8)
        stays = drawn[: x.numel()].view(x.shape) >= dropped
        ctx.scale = 256 / (256 - dropped)
        ctx.save_for_backward(stays)
        return x.mul(stays).mul_(ctx.scale)

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "*B D"]
    ) -> tuple[Float[Tensor, "*B D"], None]:
        """Return the gradient of what stayed."""
        (stays,) = ctx.saved_tensors
        return gradient.mul(stays).mul_(ctx.scale), None


def fast_dropout(
    x: Float[Tensor, "*B D"], share: float
) -> Float[Tensor, "*B D"]:
    """Drop a share of x's numbers, to a 256th."""
    dropped: Tensor = FastDropout.apply(  # type: ignore[no-untyped-call]
        x, share
    )
    return dropped
