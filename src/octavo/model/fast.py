"""The same numbers, sooner: gradients by hand, for training on a CPU.

Autograd takes a function apart into what torch has gradients for, and goes
back through every part. Whoever knows the whole function can do it in fewer
passes over memory, which is what a processor waits for. Each function here
does what a plain one elsewhere in this folder does, is tested against it,
and has its gain measured (LOG.md).

Shapes: B batch, T time, D width, H heads, K head width, P half of it.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

ROWS = 128  # of queries that attention mixes for at once
LONGEST = 512  # texts whose attention weights are kept


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


class FastRMSNorm(torch.autograd.Function):
    """What `functional.rms_norm` does, which is a chain on the CPU.

    RMSNorm is a LayerNorm that takes the mean for zero. So is its gradient,
    but for what LayerNorm takes off since the mean moves: that is added
    back. The result is rounded once, for all the products that read it.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "*B D"],
        weight: Float[Tensor, " D"],
        epsilon: float,
    ) -> Float[Tensor, "*B D"]:
        """Return x / rms(x) * weight; keep x and 1 / rms(x)."""
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = (size.square() / x.shape[-1] + epsilon).rsqrt()
        ctx.save_for_backward(x, inverse, weight)
        return x.mul(inverse).mul_(weight).to(products_kind(x))

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "*B D"]
    ) -> tuple[Float[Tensor, "*B D"], Float[Tensor, " D"], None]:
        """Return the gradients of x and of the weight."""
        x, inverse, weight = ctx.saved_tensors
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
        return into_x.add_(taken), into_weight, None


def fast_rms_norm(
    x: Float[Tensor, "*B D"], weight: Float[Tensor, " D"], epsilon: float
) -> Float[Tensor, "*B D"]:
    """Return x / rms(x) * weight, in the precision of products."""
    normed: Tensor = FastRMSNorm.apply(  # type: ignore[no-untyped-call]
        x, weight, epsilon
    )
    return normed


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
    x: Float[Tensor, "*B T K"],
    cosine: Float[Tensor, "T P"],
    sine: Float[Tensor, "T P"],
) -> Float[Tensor, "*B T K"]:
    """Turn pairs as `rotate` does, written into one tensor."""
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


class FastAttention(torch.autograd.Function):
    """Causal attention that keeps its weights for the way back.

    Torch's fused kernel keeps nothing and computes them twice, which is
    slow in bfloat16. A few rows of queries are taken at a time, and see no
    keys that are all in the future: most of the triangle is never computed.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Float[Tensor, "B T K"],
        key: Float[Tensor, "B T K"],
        value: Float[Tensor, "B T K"],
    ) -> Float[Tensor, "B T K"]:
        """Return the mixed values; keep the weights of each piece."""
        query = query * query.shape[-1] ** -0.5
        future = torch.ones(ROWS, ROWS, dtype=torch.bool).triu(1)
        mixed, kept = torch.empty_like(query), []
        for begin, end in pieces(query.shape[1]):
            scores = query[:, begin:end] @ key[:, :end].mT
            hidden = future[: end - begin, : end - begin]
            scores[:, :, begin:].masked_fill_(hidden, -math.inf)
            weights = scores.softmax(dim=-1)
            mixed[:, begin:end] = weights @ value[:, :end]
            kept.append(weights)
        ctx.save_for_backward(query, key, value, *kept)
        return mixed

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "B T K"]
    ) -> tuple[Float[Tensor, "B T K"], ...]:
        """Return the gradients of queries, keys and values."""
        query, key, value, *kept = ctx.saved_tensors
        into_query = torch.empty_like(query)
        into_key, into_value = torch.zeros_like(key), torch.zeros_like(key)
        for (begin, end), weights in zip(
            pieces(query.shape[1]), kept, strict=True
        ):
            arriving = gradient[:, begin:end]
            into_value[:, :end] += weights.mT @ arriving
            into_scores = torch.ops.aten._softmax_backward_data(
                arriving @ value[:, :end].mT, weights, -1, weights.dtype
            )
            into_query[:, begin:end] = into_scores @ key[:, :end]
            into_key[:, :end] += into_scores.mT @ query[:, begin:end]
        return into_query * query.shape[-1] ** -0.5, into_key, into_value


def pieces(length: int) -> list[tuple[int, int]]:
    """Cut a length into pieces of ROWS: where each begins and ends."""
    begins = range(0, length, ROWS)
    return [(begin, min(begin + ROWS, length)) for begin in begins]


def keeping_pays(
    query: Float[Tensor, "B H T K"], key: Float[Tensor, "B G S K"]
) -> bool:
    """Say whether FastAttention is faster than torch's kernel (LOG.md).

    In float32 torch's is the faster one, and for long texts the weights
    would be large.
    """
    return (
        trains_on_cpu(query)
        and query.shape == key.shape
        and 1 < query.shape[-2] <= LONGEST
        and products_kind(query) == torch.bfloat16
    )


def fast_attention(
    query: Float[Tensor, "B H T K"],
    key: Float[Tensor, "B H T K"],
    value: Float[Tensor, "B H T K"],
) -> Float[Tensor, "B H T K"]:
    """Mix values by how well earlier keys answer each query."""
    kind, shape = products_kind(query), query.shape
    mixed: Tensor = FastAttention.apply(  # type: ignore[no-untyped-call]
        *(x.flatten(0, 1).to(kind) for x in (query, key, value))
    )
    return mixed.view(shape)


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
