"""Normalisation: every token's vector brought to the same size.

Shapes: D width.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from octavo.model.config import ModelConfig
from octavo.model.fast.norms import fast_rms_norm
from octavo.model.fast.where import trains_on_cpu


class RMSNorm(nn.Module):
    """Divide by the root mean square, then scale each number.

    Zhang and Sennrich 2019, equation 4: LayerNorm without the mean and the
    bias, which turned out not to matter. Maps (..., D) to (..., D).
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Normalise the last dimension, in the weight's own precision."""
        x = x.to(self.weight.dtype)
        if trains_on_cpu(x):
            return fast_rms_norm(x, self.weight, self.epsilon)
        return functional.rms_norm(
            x, self.weight.shape, self.weight, self.epsilon
        )


def make_norm(config: ModelConfig) -> nn.Module:
    """Return what stands before a block's parts, and before the head."""
    if config.norm == "rms":
        return RMSNorm(config.width, config.norm_epsilon)
    # Subtract the mean, divide by the deviation (Ba et al. 2016).
    return nn.LayerNorm(config.width, config.norm_epsilon, bias=config.bias)
