"""Stopped and resumed with every technique, a run is the same run."""

from dataclasses import replace

import pytest
import torch

from octavo.training import Metrics, Run, prepare_from_recipe, train
from octavo.training.recipe import PRECISIONS

FRUGAL = {
    "accumulate": 2,
    "checkpoint_activations": True,
    "loss_chunk": 9,
    "token_noise": 0.1,
}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_resumed_is_never_stopped(recipe, tmp_path, precision):
    frugal = replace(
        recipe,
        model=replace(recipe.model, dropout=0.2),
        training=replace(
            recipe.training,
            tokens=8 * 4 * 16,
            precision=precision,
            **FRUGAL,
        ),
    )
    whole = prepare_from_recipe(frugal, tmp_path / "whole")
    assert train(whole) is not None

    parts = prepare_from_recipe(frugal, tmp_path / "parts")
    asked = iter(range(1, 9))
    assert train(parts, stop=lambda: next(asked) == 3) is None
    torch.manual_seed(99)  # another process has another random state
    assert train(Run.open(parts.folder)) is not None

    weights = [r.folder / "model.safetensors" for r in (whole, parts)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    records = [Metrics.read(r.folder) for r in (whole, parts)]
    assert records[0].of("loss") == records[1].of("loss")
    assert len(records[0].of("loss")) == 8
