"""The first half of a block, norm and residue and all, as one function.

Shapes: B batch, T time, D width, K head width, P half of it, H heads,
S = 2 x H queries and keys, Z = 3 x H with values.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from octavo.model.attention import Attention
from octavo.model.fast.attention import attend, attend_back
from octavo.model.fast.norms import inverse_size, norm_back, normed
from octavo.model.fast.rotation import turned
from octavo.model.fast.where import gradient_of_weight, products_kind
from octavo.model.norm import RMSNorm
from octavo.model.positions import Rotation


def mix(
    x: Float[Tensor, "B T D"],
    norm: RMSNorm,
    attention: Attention,
    rotation: Rotation,
) -> Float[Tensor, "B T D"]:
    """Add what attention gathers, from its modules' weights."""
    kind, size = products_kind(x), attention.head_width
    parts = attention.query, attention.key, attention.value
    number = attention.query.out_features // size
    look = attention.query_norm.get_parameter("weight") * size**-0.5
    seen = attention.key_norm.get_parameter("weight")
    result: Tensor = FastMixing.apply(  # type: ignore[no-untyped-call]
        x,
        norm.weight,
        norm.epsilon,
        torch.cat([part.weight for part in parts]).to(kind),
        torch.cat((look.expand(number, -1), seen.expand(number, -1))),
        attention.output.weight.to(kind),
        *(angle.unsqueeze(1) for angle in rotation),  # for every head
    )
    return result


class FastMixing(torch.autograd.Function):
    """x + attention(norm(x)), its queries and keys normalised and turned.

    To turn a vector changes no size, so it is divided by its size last:
    turn(scale * x / rms(x)) is turn(scale * x) / rms(x).
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "B T D"],
        norm: Float[Tensor, " D"],
        epsilon: float,
        inward: Float[Tensor, "_ D"],
        scales: Float[Tensor, "S K"],
        output: Float[Tensor, "D _"],
        cosine: Float[Tensor, "T 1 P"],
        sine: Float[Tensor, "T 1 P"],
    ) -> Float[Tensor, "B T D"]:
        """Return the stream after each token has looked back."""
        read, inverse = normed(x, norm, epsilon)
        heads = (read @ inward.mT).view(*x.shape[:2], -1, scales.shape[1])
        aimed, sizes = _aim(heads, scales, epsilon, cosine, sine)
        mixed, kept = attend(*aimed.flatten(0, 1).chunk(3))
        joined = _side_by_side(mixed.view(-1, *aimed.shape[1:])).flatten(2)
        ctx.save_for_backward(
            *(x, norm, inverse, read, inward, scales, output, cosine, sine),
            *(heads, aimed, sizes, joined, *kept),
        )
        return x + joined @ output.mT

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "B T D"]
    ) -> tuple[Tensor | None, ...]:
        """Return the gradients of x and of the weights."""
        x, norm, inverse, read, inward, scales, output, *rest = (
            ctx.saved_tensors
        )
        cosine, sine, heads, aimed, sizes, joined, *kept = rest
        arriving = gradient.to(read.dtype)
        apart = *x.shape[:2], -1, heads.shape[3]
        into_joined = (arriving @ output).view(apart)
        into_mixed = into_joined.permute(2, 0, 1, 3).flatten(0, 1)
        query, key, value = aimed.flatten(0, 1).chunk(3)
        into_aimed = torch.cat(
            attend_back(into_mixed, query, key, value, kept)
        ).view(aimed.shape)
        into_heads, into_scales = _aim_back(
            into_aimed, aimed, heads, scales, sizes, cosine, sine
        )
        into_heads = into_heads.flatten(2)
        into_x, into_norm = norm_back(into_heads @ inward, x, inverse, norm)
        return (
            into_x.add_(gradient),
            into_norm,
            None,
            gradient_of_weight(into_heads, read),
            into_scales,
            gradient_of_weight(arriving, joined),
            None,
            None,
        )


def _side_by_side(x: Float[Tensor, "Z B T K"]) -> Float[Tensor, "B T Z K"]:
    """See (heads, batch, time) as (batch, time, heads)."""
    return x.permute(1, 2, 0, 3)


def _aim(
    heads: Float[Tensor, "B T Z K"],
    scales: Float[Tensor, "S K"],
    epsilon: float,
    cosine: Float[Tensor, "T 1 P"],
    sine: Float[Tensor, "T 1 P"],
) -> tuple[Float[Tensor, "Z B T K"], Float[Tensor, "B T S 1"]]:
    """Normalise and turn queries and keys; lay each head by itself.

    Returns them, values behind, and by what each was multiplied last.
    """
    number = len(scales)
    looking = heads[:, :, :number]
    sizes = inverse_size(looking, epsilon)
    aimed = heads.new_empty(
        heads.shape[2], *heads.shape[:2], heads.shape[3]
    )
    places = _side_by_side(aimed)
    turning = turned(looking * scales, cosine, sine)
    torch.mul(turning, sizes, out=places[:, :, :number])
    places[:, :, number:] = heads[:, :, number:]
    return aimed, sizes


def _aim_back(
    gradient: Float[Tensor, "Z B T K"],
    aimed: Float[Tensor, "Z B T K"],
    heads: Float[Tensor, "B T Z K"],
    scales: Float[Tensor, "S K"],
    sizes: Float[Tensor, "B T S 1"],
    cosine: Float[Tensor, "T 1 P"],
    sine: Float[Tensor, "T 1 P"],
) -> tuple[Float[Tensor, "B T Z K"], Float[Tensor, "S K"]]:
    """Return the gradients of heads and scales."""
    number = len(scales)
    looking = heads[:, :, :number]
    gradient, aimed = _side_by_side(gradient), _side_by_side(aimed)
    arriving = gradient[:, :, :number]
    # What went into the size: with y = z / rms(x), -x (g . y) / (K rms^2).
    along = (arriving * aimed[:, :, :number]).sum(
        dim=-1, keepdim=True, dtype=sizes.dtype
    )
    along.mul_(sizes.square()).div_(-heads.shape[3])
    back = turned(arriving * sizes, cosine, -sine)
    into_scales = (back * looking).sum(dim=(0, 1))
    into_heads = torch.empty_like(heads)
    into_heads[:, :, :number] = back.mul_(scales).addcmul_(looking, along)
    into_heads[:, :, number:] = gradient[:, :, number:]
    return into_heads, into_scales
