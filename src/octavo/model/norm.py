"""RMSNorm: every token's vector brought to the same length."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class RMSNorm(nn.Module):
    """Divide by the root mean square, then scale each number.

    Zhang and Sennrich 2019, equation 4: LayerNorm without the mean and the
    bias, which turned out not to matter. Maps (..., D) to (..., D).
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return functional.rms_norm(
            x, self.weight.shape, self.weight, self.epsilon
        )
