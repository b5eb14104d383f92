"""--tensorboard, for a run that begins and for one that is finished."""

from octavo.cli import train as module
from octavo.foundation import UserError

from .conftest import bad


def event_files(run):
    return list((run / "tensorboard").glob("events.out.tfevents.*"))


def test_a_finished_run_gets_event_files(octavo, run, tmp_path):
    again = tmp_path / "again"
    done = octavo("train", "--recipe", run / "recipe.toml", "--out", again,
                  "--set", "training.tokens=512",
                  "--tensorboard")  # fmt: skip
    assert done.code == 0, done.err
    (first,) = event_files(again)
    first.unlink()
    done = octavo("train", "--resume", again, "--tensorboard")
    assert "is finished" in done.err
    assert len(event_files(again)) == 1


def test_without_it_nothing_is_begun(octavo, corpus, tmp_path, monkeypatch):
    def missing():
        raise UserError("TensorBoard is not installed")

    monkeypatch.setattr(module, "require_tensorboard", missing)
    out = tmp_path / "run"
    line = bad(octavo("train", "--corpus", corpus, "--out", out,
                      "--tokens", 64, "--tensorboard"))  # fmt: skip
    assert "TensorBoard is not installed" in line
    assert not out.exists()
