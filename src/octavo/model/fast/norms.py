"""RMSNorm, forward in a few passes and back in three.

Shapes: D width.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from octavo.model.fast.where import products_kind


def normed(
    x: Float[Tensor, "*B D"],
    weight: Float[Tensor, " D"],
    epsilon: float,
) -> tuple[Float[Tensor, "*B D"], Float[Tensor, "*B 1"]]:
    """Return x / rms(x) * weight, and 1 / rms(x).

    The first is rounded once, for all the products that read it.
    """
    inverse = inverse_size(x, epsilon)
    return x.mul(inverse).mul_(weight).to(products_kind(x)), inverse


def inverse_size(
    x: Float[Tensor, "*B D"], epsilon: float
) -> Float[Tensor, "*B 1"]:
    """Return 1 / rms(x), of single precision at least."""
    kind = torch.promote_types(x.dtype, torch.float32)
    size = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=kind)
    mean_square: Tensor = size.square_().div_(x.shape[-1])
    return mean_square.add_(epsilon).rsqrt_()


def norm_back(
    gradient: Float[Tensor, "*B D"],
    x: Float[Tensor, "*B D"],
    inverse: Float[Tensor, "*B 1"],
    weight: Float[Tensor, " D"],
) -> tuple[Float[Tensor, "*B D"], Float[Tensor, " D"]]:
    """Return the gradients of x and of the weight.

    RMSNorm is a LayerNorm that takes the mean for zero. So is its gradient,
    but for what LayerNorm takes off since the mean moves: that is added
    back.
    """
    gradient = gradient.to(x.dtype)
    into_x, into_weight, _ = torch.ops.aten.native_layer_norm_backward(
        gradient,
        x,
        weight.shape,
        torch.zeros_like(inverse),  # the mean
        inverse,
        weight,
        None,
        [True, True, False],
    )
    taken = (gradient @ weight / len(weight)).unsqueeze(-1) * inverse
    return into_x.add_(taken), into_weight


class FastRMSNorm(torch.autograd.Function):
    """What `functional.rms_norm` does, which is a chain on the CPU."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "*B D"],
        weight: Float[Tensor, " D"],
        epsilon: float,
    ) -> Float[Tensor, "*B D"]:
        """Return x / rms(x) * weight; keep x and 1 / rms(x)."""
        result, inverse = normed(x, weight, epsilon)
        ctx.save_for_backward(x, inverse, weight)
        return result

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "*B D"]
    ) -> tuple[Float[Tensor, "*B D"], Float[Tensor, " D"], None]:
        """Return the gradients of x and of the weight."""
        return *norm_back(gradient, *ctx.saved_tensors), None


def fast_rms_norm(
    x: Float[Tensor, "*B D"], weight: Float[Tensor, " D"], epsilon: float
) -> Float[Tensor, "*B D"]:
    """Return x / rms(x) * weight, in the precision of products."""
    normed: Tensor = FastRMSNorm.apply(  # type: ignore[no-untyped-call]
        x, weight, epsilon
    )
    return normed
