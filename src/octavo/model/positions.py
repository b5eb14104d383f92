"""Where a token stands: attention itself cannot tell.

learned      a vector for each position, added to the token's (GPT-2)
sinusoidal   the same, computed (Vaswani et al. 2017, section 3.5)
rotary       each query and key is turned (Su et al. 2021, RoFormer)
none         only the causal mask gives the order away

Shapes: T time, D width, K head width, P pairs of numbers, half of K.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from octavo.model.config import ModelConfig
from octavo.model.fast.rotation import fast_rotate
from octavo.model.fast.where import trains_on_cpu

Rotation = tuple[Float[Tensor, "T P"], Float[Tensor, "T P"]]
Places = slice | Int[Tensor, " T"]  # a stretch of positions, or each


def rotary_angles(
    context: int, head_width: int, base: float
) -> Float[Tensor, "T P"]:
    """Return the angle of each position and pair, (T, K/2), in radians.

    Pair i turns by base^(-2i/K) a step: the first pairs are fast hands of
    a clock, the last ones slow.
    """
    pairs = torch.arange(0, head_width, 2, dtype=torch.float32)
    speeds = base ** -(pairs / head_width)
    return torch.outer(torch.arange(context, dtype=torch.float32), speeds)


def sinusoids(context: int, width: int) -> Float[Tensor, "T D"]:
    """Return the sine and the cosine of each such angle, in turn."""
    angles = rotary_angles(context, width, 10_000.0)
    waves = torch.stack((angles.sin(), angles.cos()), dim=-1)
    return waves.flatten(1)[:, :width]


def rotate(
    x: Float[Tensor, "*B T K"],
    cosine: Float[Tensor, "T P"],
    sine: Float[Tensor, "T P"],
) -> Float[Tensor, "*B T K"]:
    """Turn each pair (x[i], x[i + K/2]) by its position's angle.

    The dot product of a turned query and a turned key depends on how far
    apart they stand, and not on where. Pairing the two halves, rather than
    neighbours, is what Llama and Qwen do.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat(
        (
            first * cosine - second * sine,
            second * cosine + first * sine,
        ),
        dim=-1,
    )


def turn(
    x: Float[Tensor, "*B T K"], how: Rotation
) -> Float[Tensor, "*B T K"]:
    """Rotate x, in training on the CPU by the faster way."""
    return (fast_rotate if trains_on_cpu(x) else rotate)(x, *how)


class PositionEmbedding(nn.Module):
    """A vector for each position: learned, or waves that never change."""

    weight: Tensor  # (context, D)

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        waves = sinusoids(config.context, config.width)
        if config.positions == "learned":
            self.weight = nn.Parameter(torch.empty_like(waves))
        else:
            self.register_buffer("weight", waves, persistent=False)

    def forward(self, places: Places) -> Float[Tensor, "T D"]:
        """Return the vectors of these positions."""
        return self.weight[places]


class Rotary(nn.Module):
    """The cosine and sine of every angle, computed once."""

    cosine: Tensor  # (context, P)
    sine: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        angles = rotary_angles(
            config.context, config.head_width, config.rope_base
        )
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)

    def forward(self, places: Places) -> Rotation:
        """Return how to rotate at these positions."""
        return self.cosine[places], self.sine[places]
