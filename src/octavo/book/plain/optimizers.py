"""Two optimizers, each of which moves one parameter by its gradient.

Adam gives every number its own step. Muon sees a matrix as what it is,
a map, and makes all of its directions learn at the same rate.
"""

import torch
from torch import Tensor

from octavo.training.optimizers import QUINTIC, ROUNDS


def orthogonalise(matrix: Tensor) -> Tensor:
    """Bring the singular values of a matrix close to one.

    Newton-Schulz iteration: X <- aX + b(XX')X + c(XX')^2 X, needing only
    products, which is what processors are best at.
    """
    a, b, c = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix / (matrix.norm() + 1e-7)
    x = x.mT if tall else x  # the smaller square is cheaper
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon:
    """Momentum, orthogonalised (Jordan et al. 2024)."""

    def __init__(self, x: Tensor, rate: float, momentum: float) -> None:
        self.x, self.rate, self.momentum = x, rate, momentum
        self.average = torch.zeros_like(x)

    @torch.no_grad()
    def step(self, gradient: Tensor, share: float) -> None:
        """Move a matrix; `share` scales the learning rate."""
        self.average.lerp_(gradient, 1 - self.momentum)
        # Nesterov: look where the momentum is about to go.
        ahead = gradient.lerp(self.average, self.momentum)
        # One learning rate serves all shapes.
        slope = max(1.0, self.x.shape[0] / self.x.shape[1]) ** 0.5
        self.x -= self.rate * share * slope * orthogonalise(ahead)


class Adam:
    """Running means of a gradient and of its square (Kingma, Ba 2015)."""

    beta1, beta2, epsilon = 0.9, 0.95, 1e-10

    def __init__(self, x: Tensor, rate: float) -> None:
        self.x, self.rate, self.steps = x, rate, 0
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)

    @torch.no_grad()
    def step(self, gradient: Tensor, share: float) -> None:
        """Move a parameter; `share` scales the learning rate."""
        self.steps += 1
        self.mean.lerp_(gradient, 1 - self.beta1)
        self.square.lerp_(gradient.square(), 1 - self.beta2)
        # Both begin at zero: after t steps they hold 1 - beta^t of all.
        mean = self.mean / (1 - self.beta1**self.steps)
        square = self.square / (1 - self.beta2**self.steps)
        self.x -= self.rate * share * mean / (square.sqrt() + self.epsilon)
