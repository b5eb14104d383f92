"""The second half of a block, norm and residue and all, as one function.

Shapes: B batch, T time, D width, F width inside the network.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from octavo.model.block import SwiGLU
from octavo.model.fast.norms import norm_back, normed
from octavo.model.fast.where import gradient_of_weight, products_kind
from octavo.model.norm import RMSNorm


def think(
    x: Float[Tensor, "B T D"], norm: RMSNorm, mlp: SwiGLU
) -> Float[Tensor, "B T D"]:
    """Add what the network makes of it, from its modules' weights."""
    kind = products_kind(x)
    doors = torch.cat((mlp.gate.weight, mlp.up.weight)).to(kind)
    result: Tensor = FastThinking.apply(  # type: ignore[no-untyped-call]
        x, norm.weight, norm.epsilon, doors, mlp.down.weight.to(kind)
    )
    return result


class FastThinking(torch.autograd.Function):
    """x + SwiGLU(norm(x))."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "B T D"],
        norm: Float[Tensor, " D"],
        epsilon: float,
        doors: Float[Tensor, "_ D"],
        down: Float[Tensor, "D F"],
    ) -> Float[Tensor, "B T D"]:
        """Return the stream after the network has thought."""
        read, inverse = normed(x, norm, epsilon)
        inner = read @ doors.mT
        gate, up = inner.chunk(2, dim=-1)
        opened = functional.silu(gate).mul_(up)
        ctx.save_for_backward(
            x, norm, inverse, read, doors, down, inner, opened
        )
        return x + opened @ down.mT

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "B T D"]
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients of x and of the weights."""
        x, norm, inverse, read, doors, down, inner, opened = (
            ctx.saved_tensors
        )
        arriving = gradient.to(read.dtype)
        into_inner = _open_back(arriving @ down, inner)
        into_x, into_norm = norm_back(into_inner @ doors, x, inverse, norm)
        return (
            into_x.add_(gradient),
            into_norm,
            None,
            gradient_of_weight(into_inner, read),
            gradient_of_weight(arriving, opened),
        )


def _open_back(
    gradient: Float[Tensor, "B T F"], inner: Float[Tensor, "B T _"]
) -> Float[Tensor, "B T _"]:
    """Return the gradient of gate and up, side by side."""
    gate, up = inner.chunk(2, dim=-1)
    result = torch.empty_like(inner)
    into_gate, into_up = result.chunk(2, dim=-1)
    torch.mul(gradient, functional.silu(gate), out=into_up)
    torch.ops.aten.silu_backward.grad_input(
        gradient * up, gate, grad_input=into_gate
    )
    return result
