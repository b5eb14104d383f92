"""Tiny models, and what a backend makes of one batch."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training.steps import begin

QWEN3 = ModelConfig(
    vocab_size=40, context=8, num_layers=2, width=32, num_heads=2,
    num_kv_heads=1, head_width=16, mlp_width=48,
)  # fmt: skip
GPT2 = replace(QWEN3, norm="layer", positions="learned", mlp="gelu",
               bias=True, qk_norm=False, tied_head=False)  # fmt: skip
IDS = torch.randint(40, (8, 9), generator=torch.Generator().manual_seed(5))

Learned = tuple[float, dict[str, torch.Tensor]]


def learn(
    model: ModelConfig, windows: int = 8, **technique: object
) -> Learned:
    """Return the loss and the gradients of the same weights and batch."""
    training = TrainingRecipe(tokens=1000, seed=3, **technique)
    data = DataRecipe(corpus="none")
    state = begin(Recipe(data=data, model=model, training=training))
    ids = IDS[:windows]
    loss = state.backend.loss(ids[:, :-1], ids[:, 1:])
    named = state.model.named_parameters()
    return loss, {name: x.grad.clone() for name, x in named}


@pytest.fixture(params=[QWEN3, GPT2], ids=["qwen3", "gpt2"])
def model(request) -> ModelConfig:
    return request.param


@pytest.fixture
def learned(model) -> Callable[..., Learned]:
    """What the model learns with a technique, or with none."""

    def once(**technique: object) -> Learned:
        return learn(model, **technique)

    return once


@pytest.fixture
def dropped() -> Callable[..., Learned]:
    """The same with dropout."""

    def once(**technique: object) -> Learned:
        return learn(replace(QWEN3, dropout=0.3), **technique)

    return once


def furthest(found: Learned, right: Learned) -> float:
    """Return how far gradients are apart, the worst as a share of all."""
    whole = torch.stack([x.norm() for x in right[1].values()]).norm()
    return max(
        float((found[1][name] - x).norm() / max(x.norm(), 0.01 * whole))
        for name, x in right[1].items()
    )


@pytest.fixture
def apart() -> Callable[[Learned, Learned], float]:
    return furthest
