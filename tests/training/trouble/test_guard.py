"""Numbers that are none: provoked, found, told, and left out."""

import math
from dataclasses import replace

import pytest
import torch

from octavo.foundation import UserError
from octavo.training import Metrics, Run, prepare_from_recipe, train
from octavo.training.backends import TorchBackend
from octavo.training.checkpoints import list_checkpoints
from octavo.training.run import read_status
from octavo.training.steps import NonFiniteError, begin, take_step
from octavo.training.trouble import diagnose
from octavo.training.trouble.guard import MOST_LEFT_OUT

BATCH = torch.arange(8).view(2, 4), torch.arange(1, 9).view(2, 4)


@pytest.fixture
def skipping(recipe, tmp_path):
    """Make a run that leaves bad batches out."""
    training = replace(recipe.training, on_nan="skip")

    def make(name: str) -> Run:
        skips = replace(recipe, training=training)
        return prepare_from_recipe(skips, tmp_path / name)

    return make


@pytest.fixture
def bad_losses(monkeypatch):
    """Let the losses of some calls be no number."""

    def make(calls) -> None:
        loss, count = TorchBackend.loss, iter(range(10_000))

        def broken(self, *batch) -> float:
            right = loss(self, *batch)
            return math.nan if next(count) in calls else right

        monkeypatch.setattr(TorchBackend, "loss", broken)

    return make


def incidents(run: Run):
    return Metrics.read(run.folder).of("non_finite")


def test_a_weight_that_is_no_number_is_named(recipe):
    model = begin(recipe).model
    with torch.no_grad():
        model.blocks[0].mlp.up.weight[3, 2] = math.nan
    found = diagnose(model, *BATCH)
    assert (found.found_in, found.layer) == (
        "weights",
        "blocks.0.mlp.up.weight",
    )


def test_an_output_past_the_largest_number_is_found_in_its_layer(recipe):
    model = begin(recipe).model
    with torch.no_grad():
        model.blocks[0].attention.value.weight.mul_(1e38)
        model.blocks[0].attention.output.weight.mul_(1e38)
    found = diagnose(model, *BATCH)
    assert found.found_in in {"input", "output"}
    assert found.layer.startswith("blocks.0.attention")
    seen = [layer for layer, _ in found.peaks]
    assert seen[:2] == ["embedding", "blocks.0.attention_norm"]
    assert all(math.isfinite(peak) for _, peak in found.peaks)


def test_a_gradient_alone_is_found_on_the_way_back(recipe):
    model = begin(recipe).model
    model.norm.weight.register_hook(lambda g: g * math.inf)
    found = diagnose(model, *BATCH)
    assert (found.found_in, found.layer) == ("gradient", "norm.weight")


def test_a_run_with_position_vectors_is_read_as_well(recipe):
    model = replace(recipe.model, positions="learned")
    model = begin(replace(recipe, model=model)).model
    with torch.no_grad():
        model.blocks[0].mlp.down.weight.fill_(3e38)
    found = diagnose(model, *BATCH)
    assert (found.found_in, found.layer) == ("output", "blocks.0.mlp.down")


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_window_that_did_it_is_the_one_named(recipe, accumulate):
    """Only the second window has token 7."""
    model = begin(recipe).model
    model.embedding.register_forward_hook(
        lambda _module, ids, x: x / (ids[0] != 7).unsqueeze(-1)
    )
    found = diagnose(model, *BATCH, accumulate)
    assert (found.layer, found.window) == ("embedding", 1)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_refused_step_is_read_again_with_its_dropout(
    recipe, accumulate, bad_losses
):
    recipe = recipe.changed(
        [
            "model.dropout=0.5",
            f"training.accumulate={accumulate}",
            "training.checkpoint_activations=true",
        ]
    )
    state, seen = begin(recipe), []
    state.model.norm.register_forward_hook(
        lambda _module, _given, result: seen.append(result.detach())
    )
    bad_losses({0})
    with pytest.raises(NonFiniteError):
        take_step(state, 1.0, *BATCH)
    diagnose(state.model, *BATCH, accumulate)
    first, again = seen[:accumulate], seen[accumulate:]
    assert torch.equal(torch.cat(first), torch.cat(again))


def test_looking_changes_no_weight_gradient_or_random_number(recipe):
    model = replace(recipe.model, dropout=0.5)
    state = begin(replace(recipe, model=model))
    before = {k: x.clone() for k, x in state.model.state_dict().items()}
    random = torch.get_rng_state()
    assert diagnose(state.model, *BATCH).found_in == "nowhere"
    assert torch.equal(torch.get_rng_state(), random)
    for name, tensor in state.model.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(p.grad is None for p in state.model.parameters())


def test_a_stop_says_where_what_and_why(new_run, bad_losses):
    run = new_run()
    bad_losses({5})
    with pytest.raises(
        UserError, match=r"loss became nan at step 6.*report"
    ):
        train(run)
    ((step, incident),) = incidents(run)
    assert (step, incident["what"], incident["value"]) == (6, "loss", "nan")
    assert (incident["found_in"], incident["left_out"]) == (
        "nowhere",
        False,
    )
    assert incident["document"] == "sheep.txt"
    assert "sheep" in incident["text"]
    report = (run.folder / "report.md").read_text("utf-8")
    assert report.startswith("# Step 6: the loss became \nnan")
    assert incident["text"].splitlines()[0] in report
    rows = [line for line in report.splitlines() if line.startswith("| ")]
    assert len(rows) == 6  # the head, and five steps before it
    assert f"--resume {run.folder} --on-nan skip" in report
    assert "--set training.device=cpu --precision float32" in report


def test_a_stop_saves_what_was_good(recipe, tmp_path, bad_losses):
    """Going on without the batch equals never having stopped at it."""
    weights = []
    for name in ("stopped", "whole"):
        model = replace(recipe.model, dropout=0.1)
        run = prepare_from_recipe(
            replace(recipe, model=model), tmp_path / name
        )
        bad_losses({5, 6} if name == "stopped" else {5})
        if name == "stopped":
            for _ in range(2):  # the same step stops it again
                with pytest.raises(UserError, match=rf"6: .*{run.folder} "):
                    train(run)
                (folder,) = list_checkpoints(run.folder)
                assert folder.name == "step-00000005"
            assert read_status(run.folder).step == 5
            bad_losses({0})
        skipping = run.recipe.changed(["training.on_nan=skip"])
        assert train(replace(run, recipe=skipping)) is not None
        weights.append((run.folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize("on_nan", ["stop", "skip"])
def test_weights_that_are_lost_end_the_run_in_any_case(
    recipe, tmp_path, monkeypatch, on_nan
):
    training = replace(recipe.training, on_nan=on_nan)
    run = prepare_from_recipe(
        replace(recipe, training=training), tmp_path / "run"
    )
    step, count = TorchBackend.step, iter(range(100))

    def breaking(self, share: float) -> None:
        step(self, share)
        if next(count) == 6:  # no look is due after it
            self.model.norm.weight.data[7] = math.inf

    monkeypatch.setattr(TorchBackend, "step", breaking)
    with pytest.raises(
        UserError,
        match=r"weights became inf at .*first in norm.weight: .*do$",
    ):
        train(run)
    ((number, incident),) = incidents(run)
    assert (number, incident["found_in"]) == (7, "weights")
    assert list_checkpoints(run.folder) == []
    report = (run.folder / "report.md").read_text("utf-8")
    assert "Halve the learning rates" in report


def test_a_batch_left_out_is_recorded_and_the_run_goes_on(
    skipping, bad_losses
):
    run = skipping("run")
    bad_losses({4, 9})
    assert train(run) is not None
    assert [step for step, _ in incidents(run)] == [5, 10]
    steps = [step for step, _ in Metrics.read(run.folder).of("loss")]
    assert steps == [n for n in range(1, 25) if n not in {5, 10}]
    report = (run.folder / "report.md").read_text("utf-8")
    assert "the batches of steps 5, 10" in report


def test_a_run_that_left_one_out_resumes_to_the_same_bytes(
    skipping, bad_losses
):
    whole, halved = skipping("whole"), skipping("halved")
    bad_losses({4, 24 + 4})  # in each run, the fifth step
    train(whole)
    stops = iter([False] * 11 + [True])
    assert train(halved, stop=lambda: next(stops)) is None
    assert train(halved) is not None
    weights = "model.safetensors"
    assert (whole.folder / weights).read_bytes() == (
        halved.folder / weights
    ).read_bytes()


def test_after_ten_in_a_row_it_is_not_the_batches(skipping, bad_losses):
    run = skipping("run")
    bad_losses(range(3, 100))
    with pytest.raises(UserError, match="became nan"):
        train(run)
    found = incidents(run)
    assert [i["left_out"] for _, i in found] == [True] * 10 + [False]
    assert MOST_LEFT_OUT == 10
    (folder,) = list_checkpoints(run.folder)
    assert folder.name == "step-00000013"
