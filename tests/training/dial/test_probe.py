"""The probe's arithmetic, by a clock that the test sets."""

import pytest

from octavo.training.batches import Batches
from octavo.training.dial import probe


def test_speed_is_tokens_a_second(recipe, finished, monkeypatch):
    """Steps of one second each, but for a slow one at first."""
    clock = {"now": 0.0, "steps": 0}

    def take_step(state, share, inputs, targets):
        clock["now"] += 50.0 if clock["steps"] == 0 else 1.0
        clock["steps"] += 1
        state.step += 1
        return 0.0

    monkeypatch.setattr(probe, "take_step", take_step)
    monkeypatch.setattr(probe.time, "perf_counter", lambda: clock["now"])
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.0)
    batches = Batches(finished.train.ids, 16, 4, seed=0)
    speed = probe.measure_speed(recipe, batches)
    assert clock["steps"] == 3
    assert speed == pytest.approx(4 * 16 / 1.0)
