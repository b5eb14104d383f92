"""AdamW in NumPy and JAX against torch's, on tensors and on the model."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from octavo.twins import jax_optimizer, numpy_optimizer
from octavo.twins.loading import weights_of
from octavo.twins.numpy_optimizer import train_step
from octavo.twins.parity import SHAPES, random_model

SETTINGS = {"betas": (0.8, 0.95), "weight_decay": 0.1}


@pytest.mark.parametrize("module", [numpy_optimizer, jax_optimizer])
def test_steps_are_torchs(module):
    """Twenty steps with a large epsilon, and rates that change."""
    random = np.random.default_rng(0)
    start = random.normal(size=(3, 4)).astype(np.float32)
    params = {"w": start.copy()}
    ours = module.AdamW(params, 0.1, epsilon=1e-3, **SETTINGS)
    w = torch.tensor(start, requires_grad=True)
    theirs = torch.optim.AdamW([w], lr=0.1, eps=1e-3, **SETTINGS)
    for step in range(20):
        gradient = random.normal(size=(3, 4)).astype(np.float32)
        share = 1 / (1 + step)
        ours.step({"w": gradient, "of another": gradient}, share)
        theirs.param_groups[0]["lr"] = 0.1 * share
        w.grad = torch.tensor(gradient)
        theirs.step()
    np.testing.assert_allclose(params["w"], w.detach(), rtol=0, atol=1e-6)
    assert np.abs(params["w"] - start).max() > 0.1


@pytest.mark.parametrize("shape", ["Qwen3", "GPT-2"])
def test_a_hundred_steps_follow_torchs_losses(shape):
    config = SHAPES[shape]
    model = random_model(config, "float64")
    params = {k: x.copy() for k, x in weights_of(model).items()}
    ours = numpy_optimizer.AdamW(params, 3e-3, epsilon=1e-8, **SETTINGS)
    theirs = torch.optim.AdamW(
        model.parameters(), lr=3e-3, eps=1e-8, **SETTINGS
    )
    text = np.random.default_rng(0).integers(61, size=(20, 12))
    losses = []
    for step in range(100):
        batch = text[step % 5 :: 5]
        ids, targets = batch[:, :-1], batch[:, 1:]
        logits = model(torch.from_numpy(ids))
        loss = functional.cross_entropy(
            logits.flatten(0, 1), torch.from_numpy(targets).flatten()
        )
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        found = train_step(config, ours, ids, targets)
        assert found == pytest.approx(loss.item(), abs=1e-6), step
        losses.append(found)
    assert losses[-1] < 0.5 * losses[0]  # there was something to follow
