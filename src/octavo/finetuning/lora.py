"""LoRA: learn a small change to each matrix, instead of the matrix.

What fine-tuning adds to a matrix W is close to a product of two thin ones,
B and A (Hu et al. 2022):

    W' = W + s B A      W (out, in), B (out, rank), A (rank, in)

B begins at zero, so that at first nothing has changed. The usual code
computes W x + s B (A x) on the way, to spare a large model the gradient of
W. A small one does not need that: here the model always holds W', ready to
be read, saved and judged as any model is, and the gradient G of W' gives
those of B and A by the chain rule: s G A' and s B' G.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from octavo.finetuning.learning import PackBackend
from octavo.model import Transformer
from octavo.training.backends import Memory
from octavo.training.optimizers import AdamW
from octavo.training.recipe import TrainingRecipe

SCALE = 2.0  # s; elsewhere written alpha / rank


def block_matrices(model: Transformer) -> dict[str, nn.Parameter]:
    """Return what LoRA changes: the matrices of the blocks, by name."""
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if name.startswith("blocks.") and parameter.dim() == 2
    }


class Adapter:
    """The thin matrices of a model, and the weights that they began at.

    A is drawn from torch's random state.
    """

    def __init__(self, model: Transformer, rank: int) -> None:
        self.matrices = block_matrices(model)
        self.start = {n: w.detach().clone() for n, w in self._named()}
        self.down: dict[str, nn.Parameter] = {}  # A
        self.up: dict[str, nn.Parameter] = {}  # B
        for name, matrix in self._named():
            rows, columns = matrix.shape
            drawn = torch.randn(rank, columns) / math.sqrt(columns)
            self.down[name] = nn.Parameter(drawn.to(matrix.device))
            self.up[name] = nn.Parameter(matrix.new_zeros(rows, rank))

    def _named(self) -> list[tuple[str, nn.Parameter]]:
        return list(self.matrices.items())

    def parameters(self) -> list[nn.Parameter]:
        """Return what is learned."""
        return [*self.down.values(), *self.up.values()]

    @torch.no_grad()
    def take_gradients(self) -> None:
        """Make the thin matrices' gradients of those of the whole."""
        for name, matrix in self._named():
            down, up, gradient = self.down[name], self.up[name], matrix.grad
            assert gradient is not None
            up.grad = SCALE * gradient @ down.T
            down.grad = SCALE * up.T @ gradient

    @torch.no_grad()
    def merge(self) -> None:
        """Write W + s B A into the model."""
        for name, matrix in self._named():
            change = SCALE * self.up[name] @ self.down[name]
            matrix.copy_(self.start[name] + change)

    def tensors(self) -> Memory:
        """Return the thin matrices: `A.` or `B.` and the matrix's name."""
        return {
            f"{kind}.{name}": x.detach().cpu()
            for kind, thin in (("A", self.down), ("B", self.up))
            for name, x in thin.items()
        }

    @torch.no_grad()
    def fill(self, tensors: Mapping[str, Tensor]) -> None:
        """Give the thin matrices the values that `tensors` returned."""
        for kind, thin in (("A", self.down), ("B", self.up)):
            for name, x in thin.items():
                x.copy_(tensors[f"{kind}.{name}"])


class LoraBackend(PackBackend):
    """Learns an adapter; all else of the model stays as it is."""

    def __init__(
        self, model: Transformer, training: TrainingRecipe, rank: int
    ) -> None:
        super().__init__(model, training)
        self.adapter = Adapter(model, rank)
        model.requires_grad_(False)
        for matrix in self.adapter.matrices.values():
            matrix.requires_grad_(True)
        rate = training.other_learning_rate
        self.optimizers = [AdamW(self.adapter.parameters(), rate)]

    def loss(
        self,
        inputs: Tensor,
        targets: Tensor,
        lengths: list[int] | None = None,
    ) -> float:
        """Return a pack's loss; keep its gradients for `step`."""
        loss = super().loss(inputs, targets, lengths)
        self.adapter.take_gradients()
        return loss

    def gradient_norm(self) -> float:
        """Return the length of the adapter's gradients, as one vector."""
        found = [x.grad for x in self.adapter.parameters()]
        gradients = [gradient for gradient in found if gradient is not None]
        return torch.nn.utils.get_total_norm(gradients).item()

    def step(self, share: float) -> None:
        """Move the adapter, and the model with it."""
        super().step(share)
        self.adapter.merge()

    def memory(self) -> Memory:
        """Return what the optimizer remembers, and the adapter."""
        return super().memory() | self.adapter.tensors()

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Give both back."""
        super().remember(memory)
        self.adapter.fill(memory)


def learner(
    model: Transformer, training: TrainingRecipe, rank: int
) -> PackBackend:
    """Return what teaches a model: an adapter of it, if there is a rank."""
    if rank:
        return LoraBackend(model, training, rank)
    return PackBackend(model, training)
