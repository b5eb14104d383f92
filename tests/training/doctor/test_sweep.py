"""A sweep finds the rates that work, the same ones every time."""

import json
import math
import re
from dataclasses import replace

import pytest

from octavo.foundation import UserError
from octavo.training import Metrics, Watcher
from octavo.training.doctor import sweep as sweeping
from octavo.training.doctor.sweep import (
    FEWEST_STEPS,
    TIMES,
    steps_for,
    sweep,
)
from octavo.training.doctor.sweep_chart import draw_sweep
from octavo.training.doctor.trials import RECORD, Sweep, Trial
from octavo.training.steps import NonFiniteError, take_step

STEPS = FEWEST_STEPS


def rates(times: float) -> tuple[str, str]:
    return (
        f"training.matrix_learning_rate={0.02 * times}",
        f"training.other_learning_rate={0.01 * times}",
    )


@pytest.fixture(scope="module")
def timid(prepared):
    """A run whose rates are a sixteenth of the sound ones."""
    return prepared(*rates(1 / 16))


@pytest.fixture(scope="module")
def found(timid):
    return sweep(timid, STEPS)


def test_a_low_rate_is_seen_to_be_too_low(found):
    assert [trial.times for trial in found.trials] == sorted(TIMES)
    assert found.tokens == STEPS * 256
    assert found.own_is == "too low"
    assert found.best >= 8
    bits = list(found.sound.values())
    assert bits[:7] == sorted(bits[:7], reverse=True)
    assert bits[0] == pytest.approx(2.8, abs=0.05)  # a blind guess
    # The run has 200 steps, five times as many.
    assert found.advised == pytest.approx(found.best * 0.2**0.5)
    rate = found.advised * found.matrix_rate
    assert found.verdict.endswith(f"times too low: try {rate:.2g}.")


def test_the_same_rate_gives_the_same_trial(prepared, found):
    """Whatever was tried before it, and whose multiple it is."""
    other = sweep(prepared(*rates(1 / 4)), STEPS)
    mine = {trial.times: trial for trial in found.trials}
    theirs = {trial.times: trial for trial in other.trials}
    for times in (0.5, 1.0, 4.0):
        assert replace(theirs[times / 4], times=times) == mine[times]


def test_a_trial_is_what_training_does(trained, found):
    """To the last bit of every loss, and of the closing glance."""
    run = trained(*rates(1 / 4), f"training.tokens={STEPS * 256}")
    metrics = Metrics.read(run.folder)
    (trial,) = (trial for trial in found.trials if trial.times == 4)
    assert [loss for _, loss in metrics.of("loss")] == list(trial.losses)
    assert metrics.of("held_out_glance")[-1] == (STEPS, trial.bits_per_byte)


def test_the_doctor_uses_what_the_sweep_found(timid, found, symptoms):
    assert symptoms(timid) == []
    found.save(timid.folder)
    assert Sweep.read(timid.folder) == found
    assert symptoms(timid) == ["learning rate too low"]
    content = (timid.folder / RECORD).read_text("utf-8")
    for bad in ("[]", content.replace("0.0", "0.1", 1), content[:-9]):
        (timid.folder / RECORD).write_text(bad, "utf-8")
        with pytest.raises(UserError, match=r"no record of a sweep, or da"):
            symptoms(timid)
    (timid.folder / RECORD).unlink()


def made(*bits: float | None, longer: float = 1.0) -> Sweep:
    """A sweep around 1 with these results, of a run so much longer."""
    middle = len(bits) // 2
    return Sweep(
        tokens=1000, run_tokens=round(1000 * longer), matrix_rate=0.02,
        other_rate=0.01,
        trials=tuple(
            Trial(times=2.0 ** (place - middle), bits_per_byte=value,
                  losses=(4.0, 3.0))
            for place, value in enumerate(bits)
        ),
    )  # fmt: skip


FLAT = (3, 2.5, 2, 2.5, 3)
FALLING = (3, 2.8, 2.6, 2.4, 2.2, 2, 2.1)
RISING = (2, 2.03, 2.2, 2.5, 2.9, 3, None)
RIGHT = "The recipe's rates are right."


@pytest.mark.parametrize(
    ("bits", "longer", "own_is", "advised", "said"),
    [
        ((2, None), 1, "unknown", 0.5, ["Too few rates were tried"]),
        (FLAT, 1, "right", 1, ["0.02 does best for matrices.", RIGHT]),
        (FLAT, 4, "right", 0.5, ["is 4.0 times as long: it wants", RIGHT]),
        ((3, 2.8, 2.6, 2.4, 2, 2.01, 2.1), 1, "right", 2,
         ["In trainings this short, 0.04 to 0.08 does best", RIGHT]),
        (FALLING, 1, "too low", 4, ["about 4 times too low: try 0.08."]),
        (FALLING, 1.5, "too low", 4 / 1.5**0.5, ["too low: try 0.065."]),
        (FALLING, 4, "right", 2, [RIGHT]),
        (RISING, 1, "too high", 0.125,
         ["this short, 0.0025 to 0.005 does best for matrices.",
          "Nothing beyond was tried: sweep from there.",
          "are about 8 times too high: try 0.0025."]),
    ],
)  # fmt: skip
def test_what_a_sweep_says(bits, longer, own_is, advised, said):
    found = made(*bits, longer=longer)
    assert found.own_is == own_is
    assert found.advised == pytest.approx(advised)
    for sentence in said:
        assert sentence in found.verdict
    assert ("Nothing beyond" in found.verdict) == (bits is RISING)
    assert ("as long" in found.verdict) == (longer > 1)


def test_a_stop_leaves_the_trials_that_are_done(timid, found):
    class Counter(Watcher):
        seen = 0

        def working(self, label: str, done: int, total: int) -> None:
            assert (label, total) == ("trying learning rates", 9 * STEPS)
            assert done == self.seen + 1
            self.seen = done

    watcher = Counter()
    stopped = sweep(
        timid, STEPS, watcher, stop=lambda: watcher.seen > 3.5 * STEPS
    )
    assert stopped.trials == tuple(
        trial for trial in found.trials if trial.times in TIMES[:3]
    )
    with pytest.raises(UserError, match="no training at any rate"):
        sweep(timid, STEPS, stop=lambda: True)


def test_a_rate_that_breaks_the_loss_is_marked(timid, monkeypatch):
    def breaking(state, share, *batch):
        rate = state.backend.optimizers[0].learning_rate
        measured = take_step(state, share, *batch)
        if rate > 0.015 and state.step == 5:
            raise NonFiniteError(5, replaced(measured))
        return measured

    def replaced(measured):
        return measured._replace(loss=math.nan)

    monkeypatch.setattr(sweeping, "take_step", breaking)
    found = sweep(timid, STEPS)
    assert found.trials[-1].bits_per_byte is None
    assert len(found.trials[-1].losses) == 4
    assert found.best == 8
    assert json.loads(json.dumps(found.as_dict()))["bits_per_byte"]["16"] \
        is None  # fmt: skip


def test_rates_that_no_recipe_takes_are_not_tried(prepared):
    found = sweep(prepared(*rates(1000)), 15)
    assert max(trial.times for trial in found.trials) == 4
    assert found.own_is == "too high"


def test_time_or_tokens_make_the_steps(prepared, timid, monkeypatch):
    assert steps_for(timid, None, 100 * 256) == 100
    assert steps_for(timid, None, 5) == FEWEST_STEPS
    assert steps_for(timid, None, 10**9) == 200  # the run's own
    monkeypatch.setattr(sweeping, "measure_speed", lambda *_: 256 * 9.0)
    assert steps_for(timid, 1.5, None) == 90
    assert steps_for(timid, None, None) == 120
    with pytest.raises(UserError, match="minutes or tokens, not both"):
        steps_for(timid, 1.0, 1)


def test_the_picture_says_what_was_found(timid, found, tmp_path):
    draw_sweep(timid, found, tmp_path / "a.svg")
    source = (tmp_path / "a.svg").read_text("utf-8")
    words = re.findall("<!-- (.*?) -->", source)
    assert "Which learning rate? verses.txt" in words
    assert "the recipe's" in words
    best = found.best * found.matrix_rate
    assert f"{best:.2g}: {found.sound[found.best]:.2f}" in words
    assert {"0.0013", "0.01", "0.02"} <= set(words)
    draw_sweep(timid, found, tmp_path / "b.svg")
    assert (tmp_path / "b.svg").read_text("utf-8") == source
    draw_sweep(timid, made(2, 9, 3, 8, None), tmp_path / "c.svg")
