"""The loop: its record, its stops, and what a kill may leave behind."""

import errno
import math
import os
import time
from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from octavo.evaluation import score_model
from octavo.foundation import UserError
from octavo.training import Metrics, Run, load_trained, looks, loop, train
from octavo.training.backends import TorchBackend
from octavo.training.batches import Batches
from octavo.training.checkpoints import list_checkpoints
from octavo.training.run import read_status
from octavo.training.steps import begin, take_step

from .conftest import STEPS


class Killed(BaseException):
    """Stands for a kill: no handler of errors is meant to catch it."""


def after(num_asked: int):
    """Return a `stop` that turns true when asked for the n-th time."""
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= num_asked


def weights(run: Run) -> bytes:
    return (run.folder / "model.safetensors").read_bytes()


def test_a_step_is_plain_gradient_descent_on_the_batch(recipe):
    """The loss is torch's, before the step; rates are scaled by share."""
    state, twin = begin(recipe), begin(recipe)
    ids = torch.arange(34).view(2, 17)
    loss = functional.cross_entropy(
        twin.model(ids[:, :-1]).transpose(1, 2), ids[:, 1:]
    )
    value, norm = take_step(state, 0.25, ids[:, :-1], ids[:, 1:])
    assert value == pytest.approx(loss.item(), rel=1e-6)
    assert state.step == 1
    loss.backward()
    squares = [p.grad.square().sum() for p in twin.model.parameters()]
    assert norm == pytest.approx(sum(squares).sqrt().item(), rel=1e-5)
    optimizers = twin.backend.optimizers
    for optimizer, full in zip(optimizers, (0.02, 0.01), strict=True):
        assert optimizer.learning_rate == full
        optimizer.learning_rate = full * 0.25
        optimizer.step()
    for ours, expected in zip(
        state.model.parameters(), twin.model.parameters(), strict=True
    ):
        torch.testing.assert_close(ours, expected, atol=1e-6, rtol=1e-6)


def test_the_beginning_is_decided_by_the_seed(recipe):
    torch.manual_seed(99)
    first = begin(recipe)
    second = begin(recipe)
    for one, two in zip(
        first.model.parameters(), second.model.parameters(), strict=True
    ):
        assert torch.equal(one, two)
    assert (first.step, first.seconds) == (0, 0.0)


def test_a_run_records_every_step(finished, recipe):
    metrics = Metrics.read(finished.folder)
    losses = metrics.of("loss")
    assert [step for step, _ in losses] == list(range(1, STEPS + 1))
    assert losses[0][1] == pytest.approx(math.log(270), rel=0.05)
    assert losses[-1][1] < 0.75 * losses[0][1]
    norms = [norm for _, norm in metrics.of("gradient_norm")]
    assert len(norms) == STEPS
    assert all(0 < norm < 100 for norm in norms)
    shares = [share for _, share in metrics.of("learning_rate_share")]
    assert shares == [recipe.learning_rate_share(s) for s in range(STEPS)]
    seconds = [row["seconds"] for row in metrics.rows if "seconds" in row]
    assert all(a <= b for a, b in pairwise(seconds))
    glances = [step for step, _ in metrics.of("held_out_glance")]
    assert glances == [4, 8, 12, 16, 20, 24]
    samples = [step for step, _ in metrics.of("sample")]
    # At 0, 5, 20, 60 and 100 hundredths of 24.
    assert samples == [0, 2, 5, 15, 24]


def test_a_long_run_is_looked_at_twice_as_often():
    samples, glances = looks.moments(1000)
    assert samples == (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)
    assert glances == pytest.approx([n / 12 for n in range(1, 13)])
    assert looks.moments(999) == (samples[::2], glances[1::2])


def test_the_batches_are_those_of_the_recipe(finished, recipe):
    """The first loss, computed anew from the recipe and the tokens."""
    batches = Batches(finished.train.ids, 16, 4, seed=3)
    inputs, targets = batches.at(0)
    logits = begin(recipe).model(inputs)
    loss = functional.cross_entropy(logits.transpose(1, 2), targets)
    recorded = Metrics.read(finished.folder).of("loss")[0][1]
    assert recorded == pytest.approx(loss.item(), rel=1e-6)


def test_the_score_is_of_the_weights_that_are_saved(finished):
    model = load_trained(finished.folder)
    score = score_model(model, finished.held_out, finished.tokenizer)
    (step, final), *rest = Metrics.read(finished.folder).of("final")
    assert (step, rest) == (STEPS, [])
    assert final == score.as_dict()


def test_a_watcher_is_told_what_is_recorded(new_run, recorder):
    run = new_run()
    score = train(run, recorder)
    metrics = Metrics.read(run.folder)
    moments = [moment for (moment,) in recorder.of("stepped")]
    assert [(m.step, m.loss) for m in moments] == metrics.of("loss")
    assert {m.num_steps for m in moments} == {STEPS}
    assert moments[-1].seconds_left == 0.0
    assert all(m.tokens_per_second > 0 for m in moments)
    assert recorder.of("glanced") == metrics.of("held_out_glance")
    told = [(step, text) for step, _, text in recorder.of("sampled")]
    assert told == metrics.of("sample")
    assert recorder.of("working")[-1][0] == "judging"
    assert recorder.of("noted") == []
    assert score.as_dict() == metrics.of("final")[0][1]


@pytest.mark.parametrize("stop_at", [1, 7, STEPS - 1])
def test_stopped_and_resumed_is_never_stopped(
    finished, new_run, recorder, stop_at
):
    run = new_run()
    assert train(run, stop=after(stop_at)) is None
    status = read_status(run.folder)
    assert (status.step, status.finished) == (stop_at, False)
    assert load_trained(run.folder).config == run.recipe.model
    torch.manual_seed(99)  # another process has another random state
    score = train(Run.open(run.folder), recorder)
    assert recorder.of("noted") == [
        (f"Going on after step {stop_at} of 24",)
    ]
    assert weights(run) == weights(finished)
    whole, parts = Metrics.read(finished.folder), Metrics.read(run.folder)
    for key in ("loss", "held_out_glance", "sample", "final"):
        assert parts.of(key) == whole.of(key)
    assert parts.of("final")[0][1] == score.as_dict()
    assert Run.open(run.folder).finished


def test_the_time_of_earlier_sittings_counts(new_run, monkeypatch):
    """Each look at the clock is a second later; a night lies between."""
    now = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    run = new_run()
    train(run, stop=after(5))
    evening = Metrics.read(run.folder).of("seconds")[-1][1]
    for _ in range(10_000):
        next(now)
    train(run, stop=after(1))
    morning = Metrics.read(run.folder).of("seconds")[-1][1]
    assert evening < morning < evening + 20


def test_a_stop_while_judging_is_obeyed_at_once(
    finished, new_run, monkeypatch
):
    run = new_run()
    monkeypatch.setattr(looks, "passes", lambda *_: False)
    assert train(run, stop=after(STEPS + 1)) is None
    assert read_status(run.folder).step == STEPS
    assert not run.finished
    assert Metrics.read(run.folder).of("final") == []
    score = train(run)
    assert run.finished
    assert (
        score.as_dict() == Metrics.read(finished.folder).of("final")[0][1]
    )


@pytest.mark.parametrize("killed_in", ["save_checkpoint", "write_bytes",
                                       "write_status"])  # fmt: skip
@pytest.mark.parametrize("late", [False, True])
def test_killed_while_saving_it_still_goes_on(
    finished, new_run, monkeypatch, killed_in, late
):
    """Before or after each of the three writes of a save."""
    run = new_run()
    train(run, stop=after(3))
    real = getattr(loop, killed_in)

    def kill(*arguments, **options):
        if late:
            real(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, killed_in, kill)
        with pytest.raises(Killed):
            train(run, stop=after(4))
    assert train(Run.open(run.folder)) is not None
    assert weights(run) == weights(finished)
    losses = [Metrics.read(r.folder).of("loss") for r in (run, finished)]
    assert losses[0] == losses[1]
    assert Run.open(run.folder).finished


def test_between_weights_and_status_the_weights_are_not_trusted(
    new_run, monkeypatch
):
    run = new_run()
    train(run, stop=after(3))

    def kill(*_arguments, **_options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_status", kill)
        with pytest.raises(Killed):
            train(run, stop=after(4))
    with pytest.raises(UserError, match=r"octavo train --resume .*restore"):
        load_trained(run.folder)
    train(run, stop=after(1))
    assert load_trained(run.folder).config == run.recipe.model
    assert read_status(run.folder).step == 8


def test_weights_that_were_damaged_come_back_from_the_checkpoint(
    finished, new_run
):
    run = new_run()
    train(run)
    path = run.folder / "model.safetensors"
    path.write_bytes(weights(run)[:-4] + b"oops")
    assert not run.finished
    assert train(run) is not None
    assert weights(run) == weights(finished)
    assert run.finished


def test_a_full_disk_leaves_the_checkpoint_before(
    finished, new_run, recorder, monkeypatch
):
    run = new_run("my run")
    train(run, stop=after(3))
    save = loop.save_checkpoint

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:

        def save_on_full_disk(state, folder):
            patch.setattr(os, "fsync", full)
            save(state, folder)

        patch.setattr(loop, "save_checkpoint", save_on_full_disk)
        with pytest.raises(UserError) as failed:
            train(run, stop=after(2))
    path = run.folder / "checkpoints/step-00000005/model.safetensors"
    assert str(failed.value) == (
        f"cannot write {path}: No space left on device; free some space, "
        "and go on from what was saved: octavo train --resume "
        f"'{run.folder}'"
    )
    names = [folder.name for folder in list_checkpoints(run.folder)]
    assert names == ["step-00000003"]
    assert train(run, recorder) is not None
    assert recorder.of("noted")[0] == ("Going on after step 3 of 24",)
    assert weights(run) == weights(finished)


def test_what_a_kill_left_lying_about_is_removed(new_run):
    """Also where nothing is left to do but to judge."""
    run = new_run()
    train(run)
    (run.folder / "status.json").unlink()
    (run.folder / ".model.safetensors.ab12.part").write_bytes(b"half")
    (run.folder / "checkpoints" / ".step-00000002.part").mkdir()
    train(run)
    assert list(run.folder.rglob("*.part")) == []


def test_killed_before_the_first_checkpoint_it_starts_anew(
    new_run, recorder
):
    run = new_run()
    Metrics.read(run.folder).add(step=1, loss=5.0)
    train(run, recorder, stop=after(2))
    assert recorder.of("noted") == [
        ("No checkpoint was saved yet: it starts anew",)
    ]
    assert [s for s, _ in Metrics.read(run.folder).of("loss")] == [1, 2]


def test_checkpoints_come_with_time(new_run, monkeypatch):
    run = new_run()
    saved = []
    publish = loop.publish
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(
        loop, "publish", lambda r, s: (saved.append(s.step), publish(r, s))
    )
    train(run, stop=after(4))
    assert saved == [1, 2, 3, 4]
    names = [folder.name for folder in list_checkpoints(run.folder)]
    assert names == ["step-00000003", "step-00000004"]


def test_a_loss_that_is_no_number_ends_the_run_in_words(
    new_run, monkeypatch
):
    run = new_run()
    monkeypatch.setattr(
        TorchBackend, "loss", lambda *_arguments: float("nan")
    )
    with pytest.raises(
        UserError, match=r"became nan at step 1: .*report.md says"
    ):
        train(run)
    assert list_checkpoints(run.folder) == []
