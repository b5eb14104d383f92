"""A device beside the CPU: what is compared, and what is let through."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from octavo.foundation import UserError
from octavo.inspection import Evolution
from octavo.interop import load_model
from octavo.training import (
    Recipe,
    Run,
    TrainingRecipe,
    devices,
    evaluate_run,
    loop,
    prepare_from_recipe,
    samples,
    train,
)
from octavo.training import recipe as recipes
from octavo.training.devices import (
    Comparison,
    choose_device,
    compare_with_cpu,
    distances,
    require_agreement,
    require_device,
)
from octavo.training.steps import begin
from octavo.training.surroundings import RandomNumbers

from ..other_device import NAME

aten = torch.ops.aten


@pytest.fixture
def there(recipe, other_device, monkeypatch) -> Recipe:
    """The recipe, for another device that this machine now has."""
    monkeypatch.setattr(recipes, "DEVICES", ("cpu", NAME))
    monkeypatch.setattr(loop, "require_device", print)
    random = SimpleNamespace(
        get_rng_state=torch.get_rng_state, set_rng_state=torch.set_rng_state
    )
    monkeypatch.setattr(torch, NAME, random, raising=False)
    return replace(recipe, training=replace(recipe.training, device=NAME))


def compared(recipe: Recipe) -> Comparison:
    state = begin(recipe)
    ids = torch.arange(4 * 17).view(4, 17) % 50
    return compare_with_cpu(
        state.backend, state.model, ids[:, :-1], ids[:, 1:]
    )


def test_names_stand_for_what_is_here(monkeypatch):
    found = {"cuda": False, "mps": False}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found["cuda"])
    monkeypatch.setattr(
        torch.backends.mps, "is_available", lambda: found["mps"]
    )
    assert choose_device("auto") == choose_device("cpu") == "cpu"
    for name in ("cuda", "mps"):
        with pytest.raises(UserError, match=f"no {name} device here"):
            choose_device(name)
    found["mps"] = True
    assert choose_device("auto") == "cpu"  # Apple's must be asked for
    assert choose_device("mps") == "mps"
    found["cuda"] = True
    assert choose_device("auto") == choose_device("cuda") == "cuda"
    assert choose_device("auto", "numpy") == "cpu"
    with pytest.raises(UserError, match='"cud"; did you mean "cuda"'):
        choose_device("cud")
    found["cuda"] = False
    with pytest.raises(UserError, match=r"--set training\.device=cpu"):
        require_device("cuda")


def test_distances_by_hand():
    """Each by its own size, unless that is next to nothing of them all."""
    right = {
        "large": torch.tensor([3.0, 4.0]),
        "small": torch.tensor([0.5]),
        "none": torch.zeros(2),
    }
    found = {
        "large": torch.tensor([3.0, 4.5]),
        "small": torch.tensor([0.25]),
        "none": torch.tensor([0.0, 0.001]),
    }
    everything = math.sqrt(25 + 0.25)
    assert distances(found, right) == pytest.approx(
        {"large": 0.1, "small": 0.5, "none": 0.1 / everything}
    )
    found["small"] = torch.tensor([math.nan])
    assert distances(found, right)["small"] == math.inf


def test_a_sound_device_differs_by_rounding(there):
    found = compared(there)
    names = {name for name, _ in begin(there).model.named_parameters()}
    assert found.apart.keys() == names | {"loss"}
    assert 0 < found.worst < 1e-4
    assert found.loss == pytest.approx(found.loss_on_cpu, rel=1e-5)
    assert (found.device, found.loss > 4) == (NAME, True)
    require_agreement(found, "float32")


WRONG = {
    "a little, in every product": (aten.mm.default, lambda x: x * 1.01),
    "in the way back alone": (
        aten.embedding_dense_backward.default,
        torch.zeros_like,
    ),
    "in one number": (
        aten._log_softmax.default,
        lambda x: x.index_fill(-1, torch.tensor([3]), -9.0),
    ),
    "no number at all": (aten.silu.default, lambda x: x * math.nan),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_device_stops_with_the_figures(there, other_device, how):
    with other_device.spoiled(*WRONG[how]):
        found = compared(there)
    assert found.worst > 5e-3
    with pytest.raises(UserError) as error:
        require_agreement(found, "float32")
    words = str(error.value)
    furthest = words.split("size: ")[1].split("; ", maxsplit=1)[0]
    assert f"{found.worst:.1e}" in furthest
    assert all(
        f"{found.apart[name]:.1e}" == share
        for name, share in map(str.split, furthest.split(", "))
    )
    assert f"loss {found.loss:.5f} on {NAME}" in words
    assert f"{found.loss_on_cpu:.5f} on the CPU" in words


def test_of_a_large_batch_the_first_windows_are_compared(
    there, monkeypatch
):
    whole = compared(there)
    monkeypatch.setattr(devices, "MOST_TOKENS", 20)
    state = begin(there)
    ids = torch.arange(17).view(1, 17)
    loss = state.backend.loss(ids[:, :-1], ids[:, 1:])
    assert compared(there).loss == pytest.approx(loss, rel=1e-6)
    assert whole.loss != pytest.approx(loss, rel=1e-6)


def test_dropout_rests_while_devices_are_compared(there):
    wet = replace(there, model=replace(there.model, dropout=0.5))
    torch.manual_seed(9)
    expected = torch.rand(1)
    state = begin(wet)
    torch.manual_seed(9)
    ids = torch.arange(17).view(1, 17)
    found = compare_with_cpu(
        state.backend, state.model, ids[:, :-1], ids[:, 1:]
    )
    assert found.worst < 1e-4
    assert state.model.training
    assert torch.equal(torch.rand(1), expected)  # nothing was drawn


def test_bfloat16_may_differ_by_more(recipe):
    """Its products are rounded to eight bits, and that is no fault."""
    training = replace(recipe.training, precision="bfloat16")
    found = compared(replace(recipe, training=training))
    assert 1e-3 < found.worst < 0.05
    require_agreement(found, "bfloat16")
    with pytest.raises(UserError, match=r"rounding is below 0\.001"):
        require_agreement(found, "float32")


def test_a_wrong_device_is_not_trained_on(
    there, other_device, tmp_path, monkeypatch
):
    run = prepared(there, tmp_path, monkeypatch)
    with (
        other_device.spoiled(*WRONG["in the way back alone"]),
        pytest.raises(
            UserError, match="does not compute what the CPU does"
        ),
    ):
        train(run)
    assert not (run.folder / "model.safetensors").exists()


def test_a_run_on_another_device_is_the_cpus(
    there, finished, recorder, tmp_path, monkeypatch
):
    """Stopped, resumed, sampled and judged there: the same but rounding."""
    monkeypatch.setattr(samples, "SAMPLE_TOKENS", 4)  # each takes a while
    run = prepared(there, tmp_path, monkeypatch)
    steps = iter([False] * 9 + [True])
    assert train(run, recorder, lambda: next(steps)) is None
    score = train(run, recorder)
    looks, wanted = (
        Evolution.read(r.folder).weights for r in (run, finished)
    )
    np.testing.assert_allclose(looks, wanted, rtol=0, atol=2e-3)
    sound = [line for (line,) in recorder.of("noted") if "Beside" in line]
    assert len(sound) == 2
    assert sound[0].startswith("Beside the CPU: loss 5.65893")
    right = evaluate_run(finished.folder)["bits_per_byte"]
    assert score.bits_per_byte == pytest.approx(right, rel=1e-3)
    ours, theirs = load_model(run.folder), load_model(finished.folder)
    for found, wanted in zip(
        ours.parameters(), theirs.parameters(), strict=True
    ):
        torch.testing.assert_close(found, wanted, rtol=0, atol=2e-3)


def prepared(recipe: Recipe, tmp_path, monkeypatch) -> Run:
    monkeypatch.setattr("octavo.training.preparing.require_device", print)
    return prepare_from_recipe(recipe, tmp_path / "run")


def test_the_devices_random_numbers_are_kept(monkeypatch):
    put_back = []
    device = SimpleNamespace(
        get_rng_state=lambda: torch.tensor([7]),
        set_rng_state=put_back.append,
    )
    monkeypatch.setattr(torch, "get_device_module", {"cuda": device}.get)
    memory = RandomNumbers("cuda").memory()
    assert memory.keys() == {"cpu", "cuda"}
    RandomNumbers("cpu").remember(memory)
    assert not put_back
    RandomNumbers("cuda").remember(memory)
    assert put_back == [torch.tensor([7])]
    assert RandomNumbers("cpu").memory().keys() == {"cpu"}


def test_a_twin_computes_on_the_cpu():
    with pytest.raises(
        UserError, match='make device "cpu", or the backend'
    ):
        TrainingRecipe(tokens=1, backend="numpy", device="cuda")
    with pytest.raises(UserError, match="device"):
        TrainingRecipe(tokens=1, device="auto")


def test_an_old_recipe_is_the_cpus(recipe, tmp_path):
    path = tmp_path / "recipe.toml"
    recipe.save(path)
    text = path.read_text("utf-8")
    assert '\ndevice = "cpu"\n' in text
    path.write_text(text.replace('device = "cpu"\n', ""), "utf-8")
    assert Recipe.load(path) == recipe
