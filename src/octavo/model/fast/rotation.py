"""Rotary positions, written into one tensor.

Shapes: T time, K head width, P half of it.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class FastRotation(torch.autograd.Function):
    """What `rotate` does; its gradient is the gradient, turned back."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "*B T K"],
        cosine: Float[Tensor, "T P"],
        sine: Float[Tensor, "T P"],
    ) -> Float[Tensor, "*B T K"]:
        """Return x, turned; keep the angles."""
        cosine, sine = cosine.to(x.dtype), sine.to(x.dtype)
        ctx.save_for_backward(cosine, sine)
        return turned(x, cosine, sine)

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "*B T K"]
    ) -> tuple[Float[Tensor, "*B T K"], None, None]:
        """Return the gradient of x."""
        cosine, sine = ctx.saved_tensors
        return turned(gradient, cosine, -sine), None, None


def turned(
    x: Float[Tensor, "*B K"],
    cosine: Float[Tensor, "*A P"],
    sine: Float[Tensor, "*A P"],
) -> Float[Tensor, "*B K"]:
    """Turn pairs as `rotate` does, by angles for some or all of x."""
    result = torch.empty_like(x)
    first, second = x.chunk(2, dim=-1)
    low, high = result.chunk(2, dim=-1)
    torch.mul(first, cosine, out=low).addcmul_(second, sine, value=-1)
    torch.mul(second, cosine, out=high).addcmul_(first, sine)
    return result


def fast_rotate(
    x: Float[Tensor, "*B T K"],
    cosine: Float[Tensor, "T P"],
    sine: Float[Tensor, "T P"],
) -> Float[Tensor, "*B T K"]:
    """Turn each pair of x by its position's angle."""
    result: Tensor = FastRotation.apply(  # type: ignore[no-untyped-call]
        x, cosine, sine
    )
    return result
