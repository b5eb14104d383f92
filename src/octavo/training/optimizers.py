"""The optimizers: Muon for matrices, AdamW for everything else.

AdamW gives every number its own step. Muon sees a matrix as what it is, a
map, and makes all of its directions learn at the same rate: on the same
tokens it reaches a loss that AdamW needs about twice as many for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import cast

import torch
from torch import Tensor

from octavo.model import Transformer
from octavo.model.fast.where import products_kind

# Coefficients of the odd polynomial that pushes singular values towards
# one (Jordan et al. 2024). Five rounds are usual, and bring the small ones
# near it too; three measured as good here (LOG.md), in less time.
QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDS = 3
STACK = 2**22  # numbers that are orthogonalised at once, at most


def orthogonalise(matrices: Tensor, rounds: int = ROUNDS) -> Tensor:
    """Bring the singular values of each (N, R, C) matrix close to one.

    Newton-Schulz iteration: X <- aX + b(XX')X + c(XX')^2 X, needing only
    products, which is what processors are best at.
    """
    a, b, c = QUINTIC
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    x = x.to(products_kind(x))  # once, not for each product
    if tall:
        x = x.mT.contiguous()  # the smaller square is cheaper
    for _ in range(rounds):
        square = x @ x.mT
        mixed = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, mixed, x, beta=a)
    orthogonal: Tensor = x.mT if tall else x
    return orthogonal


def lying(matrix: Tensor) -> Tensor:
    """Return a matrix, or its transpose if it stands."""
    return matrix.mT if len(matrix) > matrix.shape[1] else matrix


def cut(group: list[Tensor], most: int) -> Iterator[list[Tensor]]:
    """Yield a group's members, so many at a time."""
    for start in range(0, len(group), most):
        yield group[start : start + most]


class Muon:
    """Momentum, orthogonalised (Jordan et al. 2024), for 2-D parameters.

    Matrices of one shape, lying or standing, are stepped together, in
    stacks: many small products would leave the processor idle, and too
    large a stack needs much memory. Steps are scaled so that one learning
    rate serves all shapes: by sqrt(max(1, rows / columns)).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        learning_rate: float = 0.02,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        self.learning_rate, self.momentum = learning_rate, momentum
        self.weight_decay = weight_decay
        by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for parameter in parameters:
            by_shape[lying(parameter).shape].append(parameter)
        self.stacks = [
            stack
            for shape, group in by_shape.items()
            for stack in cut(group, max(1, STACK // shape.numel()))
        ]
        self.averages = [
            torch.zeros_like(torch.stack([lying(m) for m in stack]))
            for stack in self.stacks
        ]

    @torch.no_grad()
    def step(self, share: float = 1.0) -> None:
        """Move every matrix; `share` scales the learning rate."""
        full = self.learning_rate * share
        for matrices, average in zip(
            self.stacks, self.averages, strict=True
        ):
            given = gradients_of(matrices)
            gradients = torch.stack([lying(gradient) for gradient in given])
            average.lerp_(gradients, 1 - self.momentum)
            # Nesterov: look where the momentum is about to go.
            ahead = gradients.lerp_(average, self.momentum)
            steps = orthogonalise(ahead)
            if decay := full * self.weight_decay:
                torch._foreach_mul_(matrices, 1 - decay)
            for matrix, step in zip(matrices, steps, strict=True):
                slope = max(1.0, len(matrix) / matrix.shape[1])
                lying(matrix).sub_(step, alpha=full * slope**0.5)

    def memory(self) -> dict[str, Tensor]:
        """Return what it remembers of earlier steps."""
        return {f"average.{i}": x for i, x in enumerate(self.averages)}


class AdamW:
    """Adam (Kingma and Ba 2015), without decay: all but the matrices.

    Torch's kernel; `twins.numpy_optimizer` says what it computes. (Torch's
    optimizers themselves take a second to import.)
    """

    def __init__(
        self, parameters: Iterable[Tensor], learning_rate: float = 1e-3
    ) -> None:
        self.learning_rate = learning_rate
        self.parameters = list(parameters)
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]
        self.steps = [p.new_zeros(()) for p in self.parameters]

    @torch.no_grad()
    def step(self, share: float = 1.0) -> None:
        """Move every parameter; `share` scales the learning rate."""
        torch._foreach_add_(self.steps, 1)
        torch._fused_adamw_(
            self.parameters,
            gradients_of(self.parameters),
            self.first,
            self.second,
            [],
            self.steps,
            lr=self.learning_rate * share,
            beta1=0.9,
            beta2=0.95,
            weight_decay=0.0,
            eps=1e-10,
            amsgrad=False,
            maximize=False,
        )

    def memory(self) -> dict[str, Tensor]:
        """Return what it remembers of earlier steps."""
        kept = {
            "first": self.first,
            "second": self.second,
            "steps": self.steps,
        }
        return {
            f"{name}.{i}": x
            for name, tensors in kept.items()
            for i, x in enumerate(tensors)
        }


def gradients_of(parameters: list[Tensor]) -> list[Tensor]:
    """Return the gradients, which there must be."""
    return [cast("Tensor", parameter.grad) for parameter in parameters]


def make_optimizers(
    model: Transformer,
    matrix_learning_rate: float,
    other_learning_rate: float,
    momentum: float,
    weight_decay: float,
) -> list[Muon | AdamW]:
    """Give the blocks' matrices to Muon, all else to AdamW.

    Embeddings are tables, not maps: each row is a token of its own.
    """
    matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    return [
        Muon(matrices, matrix_learning_rate, momentum, weight_decay),
        AdamW(others, other_learning_rate),
    ]
