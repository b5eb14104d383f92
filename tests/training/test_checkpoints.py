import shutil
from dataclasses import replace

import pytest
import torch

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training.checkpoints import (
    list_checkpoints,
    restore,
    save_checkpoint,
)
from octavo.training.steps import begin, take_step

RECIPE = Recipe(
    data=DataRecipe(corpus="none"),
    model=ModelConfig(
        vocab_size=40, context=8, num_layers=2, width=32, num_heads=2,
        num_kv_heads=2, head_width=16, mlp_width=48, dropout=0.2,
    ),
    training=TrainingRecipe(tokens=1000, seed=3),
)  # fmt: skip


def steps(state, first: int, last: int) -> None:
    for step in range(first, last):
        generator = torch.Generator().manual_seed(step)
        ids = torch.randint(40, (4, 9), generator=generator)
        take_step(state, 0.5, ids[:, :-1], ids[:, 1:])


SHAPES = {
    "qwen3": {},
    "gpt2": {"norm": "layer", "positions": "learned", "qk_norm": False,
             "mlp": "gelu", "bias": True},
    "nobody's": {"norm": "layer", "positions": "sinusoidal"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_going_on_equals_never_having_stopped(shape, tmp_path):
    recipe = replace(RECIPE, model=replace(RECIPE.model, **SHAPES[shape]))
    whole = begin(recipe)
    steps(whole, 0, 9)

    first = begin(recipe)
    steps(first, 0, 4)
    save_checkpoint(first, tmp_path)
    torch.manual_seed(99)  # another process has another random state
    second = begin(recipe)
    assert restore(second, tmp_path)
    assert second.step == 4
    steps(second, 4, 9)
    for ours, theirs in zip(
        whole.model.parameters(), second.model.parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_without_a_checkpoint_nothing_is_restored(tmp_path):
    assert not restore(begin(RECIPE), tmp_path)


def test_the_two_newest_are_kept(tmp_path):
    state = begin(RECIPE)
    for _ in range(4):
        steps(state, state.step, state.step + 1)
        save_checkpoint(state, tmp_path)
    names = [folder.name for folder in list_checkpoints(tmp_path)]
    assert names == ["step-00000003", "step-00000004"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("sum", "has no '0.sum'"), ("average.0", "does not fit")],
)
def test_what_another_version_kept_is_told(
    tmp_path, monkeypatch, name, why
):
    state = begin(RECIPE)
    steps(state, 0, 1)
    save_checkpoint(state, tmp_path)
    newer = begin(RECIPE)
    muon = newer.backend.optimizers[0]
    monkeypatch.setattr(muon, "memory", lambda: {name: torch.zeros(1)})
    with pytest.raises(
        UserError, match=f"optimizer.safetensors {why}: another"
    ):
        restore(newer, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "optimizer.safetensors", "random.safetensors"],
)
def test_a_flipped_byte_is_noticed_and_named(tmp_path, name):
    state = begin(RECIPE)
    steps(state, 0, 1)
    path = save_checkpoint(state, tmp_path) / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"{name} is damaged .*not what"):
        restore(begin(RECIPE), tmp_path)


def test_a_loss_that_is_no_number_stops_and_changes_nothing(tmp_path):
    state = begin(RECIPE)
    with torch.no_grad():
        state.model.norm.weight[0] = float("nan")
    before = state.model.embedding.weight.clone()
    with pytest.raises(UserError, match="became nan at step 1: lower the"):
        steps(state, 0, 1)
    assert torch.equal(before, state.model.embedding.weight)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"step": 1}', '{"step": 1, "seconds": 2}',
     '{"step": "x", "seconds": 2, "sha256": {}}',
     '{"step": 1, "seconds": 2, "sha256": {"model.safetensors": 3}}'],
)  # fmt: skip
def test_a_damaged_record_says_how_to_go_on(tmp_path, content):
    state = begin(RECIPE)
    for _ in range(2):
        steps(state, state.step, state.step + 1)
        save_checkpoint(state, tmp_path)
    first, second = list_checkpoints(tmp_path)
    (second / "state.json").write_text(content)
    with pytest.raises(UserError, match=f"remove {second} to resume from"):
        restore(begin(RECIPE), tmp_path)
    shutil.rmtree(second)
    restored = begin(RECIPE)
    assert restore(restored, tmp_path)
    assert restored.step == int(first.name.removeprefix("step-")) == 1


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "optimizer.safetensors", "random.safetensors"],
)
def test_a_file_that_is_gone_is_named(tmp_path, name):
    state = begin(RECIPE)
    steps(state, 0, 1)
    (save_checkpoint(state, tmp_path) / name).unlink()
    with pytest.raises(UserError, match=f"{name} is damaged"):
        restore(begin(RECIPE), tmp_path)
