"""One step of training: predict, be corrected, move."""

import math
from typing import Any, NamedTuple

import torch

from octavo.foundation import UserError
from octavo.model import Transformer
from octavo.training.backends import make_backend
from octavo.training.checkpoints import State
from octavo.training.recipe import Recipe


class Step(NamedTuple):
    """What a step measured before it moved the weights."""

    loss: float  # nats per token
    gradient_norm: float  # of all gradients as one vector


class NonFiniteError(UserError):
    """A step that was not taken: its loss or gradient is no number."""

    def __init__(self, number: int, measured: Step) -> None:
        what, value = "loss", measured.loss
        if math.isfinite(value):
            what, value = "gradient", measured.gradient_norm
        super().__init__(
            f"the {what} became {value} at step {number}: lower the "
            "learning rates in recipe.toml and start again with --recipe"
        )
        self.what, self.value = what, value


def begin(recipe: Recipe) -> State:
    """Return the state before the first step, the same for a seed."""
    torch.manual_seed(recipe.training.seed)
    model = Transformer(recipe.model)  # drawn on the CPU for all devices
    model.to(recipe.training.device)
    return State(model=model, backend=make_backend(model, recipe.training))


def take_step(state: State, share: float, *batch: Any) -> Step:
    """Learn from what the backend's `loss` takes; return what was found.

    `share` scales every learning rate. Raises NonFiniteError, and moves
    nothing, not even the random numbers, when the loss or the gradient is
    not finite.
    """
    random = state.random.memory()
    loss = state.backend.loss(*batch)
    measured = Step(loss, state.backend.gradient_norm())
    if not all(map(math.isfinite, measured)):
        state.random.remember(random)
        raise NonFiniteError(state.step + 1, measured)
    state.backend.step(share)
    state.step += 1
    return measured
