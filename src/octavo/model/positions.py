"""Where a token stands: rotary positions (Su et al. 2021, RoFormer).

Pairs of numbers in each query and key are turned by an angle that grows
with the token's position. The dot product of a turned query and a turned
key then depends on how far apart they stand, and not on where.

Shapes: T time, K head width.
"""

import torch
from torch import Tensor


def rotary_angles(context: int, head_width: int, base: float) -> Tensor:
    """Return the angle of each position and pair, (T, K/2), in radians.

    Pair i turns by base^(-2i/K) a step: the first pairs are fast hands of
    a clock, the last ones slow.
    """
    pairs = torch.arange(0, head_width, 2, dtype=torch.float32)
    speeds = base ** -(pairs / head_width)
    return torch.outer(torch.arange(context, dtype=torch.float32), speeds)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + K/2]) by its position's angle.

    x is (..., T, K); cosine and sine are (T, K/2). Pairing the two halves,
    rather than neighbours, is what Llama and Qwen do.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat(
        (
            first * cosine - second * sine,
            second * cosine + first * sine,
        ),
        dim=-1,
    )
