"""The optimizers: Muon for matrices, AdamW for everything else.

AdamW gives every number its own step. Muon sees a matrix as what it is, a
map, and makes all of its directions learn at the same rate: on the same
tokens it reaches a loss that AdamW needs about twice as many for.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from octavo.model import Transformer
from octavo.model.fast import products_kind

# Coefficients of the odd polynomial that pushes singular values towards
# one (Jordan et al. 2024). Five rounds are usual, and bring the small ones
# near it too; three measured as good here (LOG.md), in less time.
QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDS = 3


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


class Muon(Optimizer):
    """Momentum, orthogonalised (Jordan et al. 2024), for 2-D parameters.

    Matrices of one shape are stepped together, as one stack: many small
    products would leave the processor idle. Steps are scaled so that one
    learning rate serves all shapes: by sqrt(max(1, rows / columns)).
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        learning_rate: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for parameter in parameters:
            by_shape[parameter.shape].append(parameter)
        settings = {
            "lr": learning_rate,
            "momentum": momentum,
            "weight_decay": weight_decay,
        }
        stacks = [{"params": stack} for stack in by_shape.values()]
        super().__init__(stacks, settings)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every matrix one step."""
        assert closure is None
        for group in self.param_groups:
            matrices: list[Tensor] = group["params"]
            gradients = torch.stack(
                [cast("Tensor", matrix.grad) for matrix in matrices]
            )
            state = self.state[matrices[0]]  # one buffer for the stack
            if not state:
                state["momentum"] = torch.zeros_like(gradients)
            average: Tensor = state["momentum"]
            average.lerp_(gradients, 1 - group["momentum"])
            # Nesterov: look where the momentum is about to go.
            ahead = gradients.lerp_(average, group["momentum"])
            rows, columns = ahead.shape[-2:]
            rate = group["lr"] * max(1.0, rows / columns) ** 0.5
            steps = orthogonalise(ahead)
            if decay := group["lr"] * group["weight_decay"]:
                torch._foreach_mul_(matrices, 1 - decay)
            torch._foreach_add_(matrices, list(steps), alpha=-rate)


def make_optimizers(
    model: Transformer,
    matrix_learning_rate: float,
    other_learning_rate: float,
    weight_decay: float,
) -> list[Optimizer]:
    """Give the blocks' matrices to Muon, all else to AdamW.

    Embeddings are tables, not maps: each row is a token of its own.
    """
    matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    optimizers: list[Optimizer] = [
        Muon(matrices, matrix_learning_rate, weight_decay=weight_decay),
        torch.optim.AdamW(
            others,
            lr=other_learning_rate,
            betas=(0.9, 0.95),
            eps=1e-10,
            weight_decay=0.0,
            fused=True,
        ),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["full_lr"] = group["lr"]  # a schedule scales it
    return optimizers
