"""Event files, read back by TensorBoard's own reader."""

import errno
import importlib.util

import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from torch.utils.tensorboard import SummaryWriter

from octavo.foundation import UserError
from octavo.training import Metrics, Run, train
from octavo.training import events as module
from octavo.training.events import event_files


def reader(run: Run) -> EventAccumulator:
    found = EventAccumulator(str(run.folder / "tensorboard"))
    return found.Reload()


def curve(events: EventAccumulator, name: str) -> dict[int, float]:
    """Return a curve by step; no step may be there twice."""
    points = [(point.step, point.value) for point in events.Scalars(name)]
    assert len(dict(points)) == len(points)
    return dict(points)


def approx(pairs) -> object:
    return pytest.approx(dict(pairs), rel=1e-6)  # they are kept in float32


def require_equal(run: Run) -> None:
    """Whatever the record says, the event files say."""
    events, metrics = reader(run), Metrics.read(run.folder)
    assert curve(events, "training/loss") == approx(metrics.of("loss"))
    assert curve(events, "training/gradient_norm") == approx(
        metrics.of("gradient_norm")
    )
    assert curve(events, "held_out/glance_bits_per_byte") == approx(
        metrics.of("held_out_glance")
    )
    shares = metrics.of("learning_rate_share")
    training = run.recipe.training
    for name in ("matrix_learning_rate", "other_learning_rate"):
        full = getattr(training, name)
        assert curve(events, f"training/{name}") == approx(
            (step, full * share) for step, share in shares
        )
    texts = events.Tensors("sample/text_summary")
    assert [
        (t.step, t.tensor_proto.string_val[0].decode()) for t in texts
    ] == [
        (step, f"```text\n{text}\n```")
        for step, text in metrics.of("sample")
    ]
    for step, final in metrics.of("final"):
        for name, value in final.items():
            assert curve(events, f"final/{name}") == approx([(step, value)])


def test_a_run_followed_from_its_start(new_run):
    run = new_run()
    train(run, tensorboard=True)
    require_equal(run)
    events, metrics = reader(run), Metrics.read(run.folder)
    assert len(curve(events, "training/loss")) == run.recipe.num_steps
    began = (run.folder / "recipe.toml").stat().st_mtime
    times = [p.wall_time - began for p in events.Scalars("training/loss")]
    seconds = [value for _, value in metrics.of("seconds")]
    assert times == pytest.approx(seconds, abs=1e-3)


def test_speed_by_hand(new_run):
    run = new_run()
    metrics = Metrics.read(run.folder)
    with event_files(run, metrics, wanted=True):
        metrics.add(step=1, loss=3.0, seconds=0.5)
        metrics.add(step=1, sample="one")
        metrics.add(step=2, loss=2.0, seconds=2.5)
        metrics.add(step=3, loss=2.0, seconds=2.5)  # no time went by
    speeds = curve(reader(run), "training/tokens_per_second")
    assert speeds == {1: 4 * 16 / 0.5, 2: 4 * 16 / 2.0}


def test_killed_and_resumed_nothing_is_twice(new_run, finished):
    """What came after the last checkpoint is forgotten, and done again."""
    run = new_run()
    steps = iter([False] * 6 + [True])
    train(run, stop=lambda: next(steps), tensorboard=True)
    require_equal(run)
    metrics = Metrics.read(run.folder)
    with event_files(run, metrics):
        for step in (8, 9):  # it went on, and was killed
            metrics.add(step=step, loss=9.0, seconds=100.0)
    assert curve(reader(run), "training/loss")[9] == 9.0
    train(run)  # without being asked again
    require_equal(run)
    losses = curve(reader(run), "training/loss")
    assert losses == approx(Metrics.read(finished.folder).of("loss"))


def test_nobody_asked_nothing_written(finished):
    assert not (finished.folder / "tensorboard").exists()


def test_a_finished_run_gets_them_from_its_record(new_run):
    run = new_run()
    train(run)
    mine = run.folder / "tensorboard" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    with event_files(run, Metrics.read(run.folder), wanted=True):
        pass
    require_equal(run)
    assert mine.read_text("utf-8") == "mine"
    assert run.finished  # they belong to no checksum


def test_without_tensorboard_there_is_a_line(new_run, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    run = new_run()
    with pytest.raises(UserError, match="pip install tensorboard"):
        train(run, tensorboard=True)
    assert importlib.util.find_spec("tensorboard")
    assert train(run) is not None


def test_a_full_disk_is_told_as_elsewhere(new_run, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SummaryWriter, "add_text", full)
    run = new_run()
    message = (
        r"cannot write .*tensorboard: No space left .* octavo train --r"
    )
    with pytest.raises(UserError, match=message):
        train(run, tensorboard=True)
