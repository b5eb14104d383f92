"""Ctrl-C in each phase: no traceback, nothing half-written, a way on.

The signals are real; what they interrupt is slowed to be met in time.
"""

import signal
from importlib import import_module
from pathlib import Path

import pytest

from octavo.training.run import read_status

from .conftest import TRAINING, Done

preparing = import_module("octavo.training.preparing")
material = import_module("octavo.training.material")
choose = import_module("octavo.training.dial.choose")
loop = import_module("octavo.training.loop")
train = import_module("octavo.cli.train")


def interrupt(*_arguments, **_options) -> None:
    signal.raise_signal(signal.SIGINT)


def stopped(done: Done) -> None:
    assert done.code == 130
    assert done.err.endswith("octavo: stopped\n")
    assert "Traceback" not in done.err
    assert done.out == ""


def interrupting(monkeypatch, module, name, *, at=1, times=1, before=True):
    """Let the n-th call of a function be interrupted."""
    real = getattr(module, name)
    calls = []

    def call(*arguments, **options):
        calls.append(name)
        due = range(times if len(calls) == at else 0)
        if before:
            for _ in due:
                interrupt()
        result = real(*arguments, **options)
        if not before:
            for _ in due:
                interrupt()
        return result

    monkeypatch.setattr(module, name, call)


@pytest.fixture(autouse=True)
def heard():
    """Ctrl-C is heard, even where a shell in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("module", "phase", "before"),
    [
        (material, "load_corpus", True),
        (material, "load_corpus", False),
        (preparing, "make_tokenizer", True),
        (material, "write_tokens", False),
        (choose, "measure_speed", True),
        (preparing, "write_choices", False),
    ],
)
def test_before_training_nothing_is_left(
    octavo, corpus, out, monkeypatch, module, phase, before
):
    monkeypatch.setattr(choose, "measure_speed", lambda *_: 9000.0)
    interrupting(monkeypatch, module, phase, before=before)
    stopped(octavo("train", "--corpus", corpus, "--out", out,
                   "--minutes", 0.1, *TRAINING))  # fmt: skip
    assert list(out.parent.iterdir()) == []


def test_while_merging(octavo, corpus, out, monkeypatch):
    """In the middle of the trainer, through what it tells of itself."""
    monkeypatch.setattr("octavo.cli.live.Live.working", interrupt)
    stopped(octavo("train", "--corpus", corpus, "--out", out,
                   "--tokens", 500, *TRAINING))  # fmt: skip
    assert list(out.parent.iterdir()) == []
    monkeypatch.setattr("octavo.cli.tokenizer.Progress.update", interrupt)
    stopped(octavo("tokenizer", "train", corpus, "--vocab-size", 300,
                   "--out", out))  # fmt: skip
    assert list(out.parent.iterdir()) == []


def go_on(octavo, run, out) -> Done:
    """Resume, and compare the end with that of the run never stopped."""
    done = octavo("train", "--resume", out)
    assert done.code == 0, done.err
    assert read_status(out).finished
    for name in (
        "model.safetensors",
        "samples.md",
        "attention.safetensors",
    ):
        assert (out / name).read_bytes() == (run / name).read_bytes()
    assert (out / "loss.png").is_file()
    assert not list(out.rglob("*.part"))
    return done


def start_again(octavo, run, out) -> Done:
    return octavo("train", "--recipe", run / "recipe.toml", "--out", out)


def test_while_training_the_step_is_ended_and_saved(
    octavo, short, out, monkeypatch
):
    with monkeypatch.context() as patch:
        interrupting(patch, loop, "take_step", at=7)
        done = start_again(octavo, short, out)
    assert done.code == 0
    assert done.err.endswith(
        f"Stopped and saved. To go on:\n  octavo train --resume {out}\n"
    )
    assert read_status(out).step == 7
    assert "Going on after step 7 of 10\n" in go_on(octavo, short, out).err


def test_twice_while_training_is_at_once(octavo, short, out, monkeypatch):
    with monkeypatch.context() as patch:
        interrupting(patch, loop, "take_step", at=3, times=2)
        done = start_again(octavo, short, out)
    stopped(done)
    assert "Stopped at once. To go on from what was saved:\n" in done.err
    assert f"  octavo train --resume {out}\n" in done.err
    assert read_status(out).step == 0
    go_on(octavo, short, out)


def test_while_judging(octavo, short, out, monkeypatch):
    with monkeypatch.context() as patch:
        interrupting(patch, loop, "score_model")
        done = start_again(octavo, short, out)
    assert done.code == 0
    assert "Stopped and saved. To go on:" in done.err
    status = read_status(out)
    assert (status.step, status.finished) == (10, False)
    go_on(octavo, short, out)


def test_while_drawing(octavo, short, out, monkeypatch):
    """The run is finished by then: what lacks is drawn."""
    with monkeypatch.context() as patch:
        interrupting(patch, train, "draw_run")
        stopped(start_again(octavo, short, out))
    assert not (out / "loss.png").exists()
    (out / ".loss.png.ab12.part").write_bytes(b"of a kill")
    assert (
        "is finished: there is nothing to" in go_on(octavo, short, out).err
    )
    assert list(out.rglob("*.part")) == []


@pytest.mark.parametrize(
    ("verb", "module"),
    [("generate", "cli.generate"), ("evaluate", "training.judge")],
)
def test_while_using_a_run(octavo, short, monkeypatch, verb, module):
    monkeypatch.setattr(f"octavo.{module}.load_trained", interrupt)
    stopped(octavo(verb, short))
