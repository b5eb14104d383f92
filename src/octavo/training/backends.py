"""Backends: what computes a step's loss and gradients, and takes the step.

The weights always lie in the PyTorch model, which is what is sampled,
judged and saved. The twins in NumPy and JAX work on the same memory.

Shapes: B windows in a batch, T tokens in a window.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from octavo.model import Transformer
from octavo.model.fast.blocks import take_over
from octavo.training.memory.allocator import keep_freed_memory
from octavo.training.memory.checkpointing import checkpoint_blocks
from octavo.training.memory.chunked import chunked_cross_entropy
from octavo.training.memory.precision import products_in
from octavo.training.memory.saving import saved_in
from octavo.training.optimizers import make_optimizers
from octavo.training.recipe import TrainingRecipe
from octavo.twins.loading import load_optimizer, load_twin, weights_of

Memory = dict[str, Tensor]
MOMENTS = ("first", "second")  # what the twins' AdamW keeps by name


class Backend(Protocol):
    """One of three ways to train the same model."""

    def loss(self, inputs: Tensor, targets: Tensor) -> float:
        """Return the loss on (B, T) ids; keep its gradients for `step`."""

    def gradient_norm(self) -> float:
        """Return the length of all gradients, seen as one vector."""

    def step(self, share: float) -> None:
        """Move the weights; `share` scales every learning rate."""

    def memory(self) -> Memory:
        """Return what the optimizers remember, for a checkpoint."""

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Give the optimizers back what they remembered."""


def require_backend(name: str) -> None:
    """Raise UserError unless a backend can be used on this machine."""
    if name != "torch":
        load_twin(name)


def make_backend(model: Transformer, training: TrainingRecipe) -> Backend:
    """Return the backend that a recipe names, to train a model."""
    if training.backend == "torch":
        return TorchBackend(model, training)
    return TwinBackend(model, training)


def parts(
    inputs: Tensor, targets: Tensor, number: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut (B, T) inputs and targets into so many equal parts."""
    size = math.ceil(len(inputs) / number)
    return zip(
        torch.split(inputs, size), torch.split(targets, size), strict=True
    )


def saves_memory(training: TrainingRecipe) -> bool:
    """Say whether a recipe gives speed away for less memory."""
    return (
        training.checkpoint_activations
        or training.accumulate > 1
        or training.loss_chunk > 0
        or training.precision == "bfloat16-saved"
    )


class TorchBackend:
    """PyTorch: autograd, with Muon for matrices and AdamW for the rest."""

    def __init__(
        self, model: Transformer, training: TrainingRecipe
    ) -> None:
        self.model, self.training = model, training
        self.precision = training.precision
        if self.device.type == "cpu" and not saves_memory(training):
            keep_freed_memory()
        tokens = training.batch_size * model.config.context
        if training.precision != "bfloat16-saved":  # keeps what it must
            take_over(model, tokens // training.accumulate)
        if training.checkpoint_activations:
            checkpoint_blocks(model)
        self.optimizers = make_optimizers(
            model,
            training.matrix_learning_rate,
            training.other_learning_rate,
            training.momentum,
            training.weight_decay,
        )

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return self.model.embedding.weight.device

    def loss(self, inputs: Tensor, targets: Tensor) -> float:
        """Return the loss on (B, T) ids; keep its gradients for `step`."""
        self.model.zero_grad()
        # Ready gradients are added to: parts of a batch, each with its
        # share of the mean, make the gradients of the whole.
        losses = []
        for windows, right in parts(
            inputs, targets, self.training.accumulate
        ):
            share = len(windows) / len(inputs)
            loss = self._mean_loss(windows, right) * share
            loss.backward()  # type: ignore[no-untyped-call]
            losses.append(loss.detach())
        return torch.stack(losses).sum().item()

    def _mean_loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss on (B, T) ids, to go back from."""
        model, chunk = self.model, self.training.loss_chunk
        inputs, targets = inputs.to(self.device), targets.to(self.device)
        sums = inputs.numel() * model.config.num_heads  # in each softmax
        with (
            products_in(self.precision, self.device),
            saved_in(self.precision, model, sums),
        ):
            if chunk:
                hidden = model.hidden(inputs).flatten(0, 1)
                return chunked_cross_entropy(
                    hidden, model.head.weight, targets.flatten(), chunk
                )
            logits = model(inputs).flatten(0, 1).float()
            return functional.cross_entropy(logits, targets.flatten())

    def gradient_norm(self) -> float:
        """Return the length of all gradients, seen as one vector."""
        found = [p.grad for p in self.model.parameters()]
        gradients = [gradient for gradient in found if gradient is not None]
        return torch.nn.utils.get_total_norm(gradients).item()

    def step(self, share: float) -> None:
        """Move the weights; `share` scales every learning rate."""
        with products_in(self.precision, self.device):  # for Muon
            for optimizer in self.optimizers:
                optimizer.step(share)

    def memory(self) -> Memory:
        """Return what the optimizers remember, for a checkpoint."""
        return {
            f"{index}.{name}": value.cpu()
            for index, optimizer in enumerate(self.optimizers)
            for name, value in optimizer.memory().items()
        }

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Give the optimizers back what they remembered."""
        for index, optimizer in enumerate(self.optimizers):
            for name, value in optimizer.memory().items():
                value.copy_(memory[f"{index}.{name}"])


class TwinBackend:
    """A twin and its AdamW, with one rate for matrices, one for the rest.

    Its parameters are the PyTorch model's own, seen as arrays.
    """

    def __init__(
        self, model: Transformer, training: TrainingRecipe
    ) -> None:
        self.config, self.params = model.config, weights_of(model)
        self.gradients: Mapping[str, Any] = {}
        self.twin = load_twin(training.backend)
        adamw = load_optimizer(training.backend)
        matrices: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for name, x in self.params.items():
            in_block = name.startswith("blocks.") and x.ndim == 2
            (matrices if in_block else others)[name] = x
        self.optimizers = [
            adamw(
                matrices,
                training.matrix_learning_rate,
                weight_decay=training.weight_decay,
            ),
            adamw(others, training.other_learning_rate),
        ]

    def loss(self, inputs: Tensor, targets: Tensor) -> float:
        """Return the loss on (B, T) ids; keep its gradients for `step`."""
        with np.errstate(all="ignore"):  # who asks looks at the loss
            loss, self.gradients = self.twin.loss_and_gradients(
                self.params, self.config, inputs.numpy(), targets.numpy()
            )
        return float(loss)

    def gradient_norm(self) -> float:
        """Return the length of all gradients, seen as one vector."""
        with np.errstate(all="ignore"):
            norms = [np.linalg.norm(g) for g in self.gradients.values()]
            return float(np.linalg.norm(norms))

    def step(self, share: float) -> None:
        """Move the weights; `share` scales every learning rate."""
        for optimizer in self.optimizers:
            optimizer.step(self.gradients, share)

    def memory(self) -> Memory:
        """Return what the optimizers remember, for a checkpoint."""
        steps = self.optimizers[0].steps
        return {"steps": torch.tensor(steps)} | {
            f"{moment}.{name}": torch.tensor(np.asarray(value))
            for optimizer in self.optimizers
            for moment in MOMENTS
            for name, value in getattr(optimizer, moment).items()
        }

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """Give the optimizers back what they remembered."""
        for optimizer in self.optimizers:
            optimizer.steps = int(memory["steps"])
            for moment in MOMENTS:
                kept = getattr(optimizer, moment)
                for name in kept:
                    value = memory[f"{moment}.{name}"]
                    kept[name] = value.numpy().copy()
