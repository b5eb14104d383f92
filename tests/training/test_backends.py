"""The three backends train the same weights, to the same numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training import optimizers as torch_optimizers
from octavo.training.checkpoints import restore, save_checkpoint
from octavo.training.recipe import BACKENDS
from octavo.training.steps import Step, begin, take_step

RECIPE = Recipe(
    data=DataRecipe(corpus="none"),
    model=ModelConfig(
        vocab_size=40, context=8, num_layers=2, width=32, num_heads=2,
        num_kv_heads=1, head_width=16, mlp_width=48,
    ),
    training=TrainingRecipe(tokens=1000, seed=3, weight_decay=0.1),
)  # fmt: skip
TWINS = [name for name in BACKENDS if name != "torch"]
every_twin = pytest.mark.parametrize("backend", TWINS)


def recipe_for(backend: str) -> Recipe:
    training = replace(RECIPE.training, backend=backend)
    return replace(RECIPE, training=training)


def steps(state, first: int, last: int) -> list[Step]:
    measured = []
    for step in range(first, last):
        generator = torch.Generator().manual_seed(step % 3)
        ids = torch.randint(40, (4, 9), generator=generator)
        measured.append(take_step(state, 0.5, ids[:, :-1], ids[:, 1:]))
    return measured


def same_weights(one, other) -> bool:
    return all(
        torch.equal(ours, theirs)
        for ours, theirs in zip(
            one.model.parameters(), other.model.parameters(), strict=True
        )
    )


@every_twin
def test_a_twin_trains_the_torch_model_itself(backend, monkeypatch):
    """As torch would with AdamW for the matrices, decay and rates too."""

    class TorchsAdamW:
        def __init__(self, matrices, learning_rate, _, weight_decay):
            self.full = learning_rate
            self.optimizer = torch.optim.AdamW(
                matrices, betas=(0.9, 0.95), eps=1e-10,
                weight_decay=weight_decay,
            )  # fmt: skip

        def step(self, share):
            self.optimizer.param_groups[0]["lr"] = self.full * share
            self.optimizer.step()

    ours = begin(recipe_for(backend))
    measured = steps(ours, 0, 12)
    monkeypatch.setattr(torch_optimizers, "Muon", TorchsAdamW)
    theirs = begin(RECIPE)
    start = [p.detach().clone() for p in theirs.model.parameters()]
    np.testing.assert_allclose(measured, steps(theirs, 0, 12), rtol=1e-4)
    assert measured[-1].loss < 0.9 * measured[0].loss
    assert ours.step == 12
    for (name, mine), other, before in zip(
        ours.model.named_parameters(),
        theirs.model.parameters(),
        start,
        strict=True,
    ):
        moved = (other - before).norm()
        assert (mine - other).norm() < 0.02 * moved, name


@every_twin
def test_going_on_equals_never_having_stopped(backend, tmp_path):
    recipe = recipe_for(backend)
    whole = begin(recipe)
    steps(whole, 0, 9)

    first = begin(recipe)
    steps(first, 0, 4)
    save_checkpoint(first, tmp_path)
    second = begin(recipe)
    assert restore(second, tmp_path)
    steps(second, 4, 7)
    save_checkpoint(second, tmp_path)
    third = begin(recipe)
    assert restore(third, tmp_path)
    steps(third, 7, 9)
    assert same_weights(whole, third)
    assert not same_weights(whole, second)


@every_twin
def test_a_loss_that_is_no_number_stops_and_changes_nothing(backend):
    state = begin(recipe_for(backend))
    with torch.no_grad():
        state.model.norm.weight[0] = float("nan")
    before = state.model.embedding.weight.clone()
    with pytest.raises(UserError, match="became nan at step 1: lower the"):
        steps(state, 0, 1)
    assert torch.equal(before, state.model.embedding.weight)


@every_twin
def test_a_recipe_with_dropout_is_not_for_a_twin(backend):
    with pytest.raises(UserError, match=r"dropout is 0\.1"):
        replace(
            recipe_for(backend), model=replace(RECIPE.model, dropout=0.1)
        )


@every_twin
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("accumulate", 2, "reads a batch in one part: make accumulate 1"),
        ("checkpoint_activations", True, "keeps all activations: .* false"),
        ("loss_chunk", 8, "holds all logits: make loss_chunk 0"),
        ("precision", "bfloat16-saved", 'make precision "float32"'),
    ],
)
def test_a_twin_saves_no_memory(backend, name, value, message):
    with pytest.raises(
        UserError, match=f"the backend {backend} .*{message}"
    ):
        replace(recipe_for(backend).training, **{name: value})


def test_a_recipe_keeps_its_backend(tmp_path):
    path = tmp_path / "recipe.toml"
    for backend in BACKENDS:
        recipe_for(backend).save(path)
        assert Recipe.load(path) == recipe_for(backend)
        assert f'\nbackend = "{backend}"\n' in path.read_text("utf-8")
    text = path.read_text("utf-8").replace('"jax"\n', '"jaxx"\n')
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match='"jaxx"; did you mean "jax"'):
        Recipe.load(path)
