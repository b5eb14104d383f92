"""The probe's arithmetic, by a clock that the test sets."""

from dataclasses import replace

import pytest

from octavo.training.batches import Batches
from octavo.training.dial import probe

BOTH = ["float32", "bfloat16"]


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
    batches = Batches(finished.train.ids, 16, 4, seed=0)
    speed = probe.measure_speed(recipe, batches, seconds=0.0)
    assert clock["steps"] == 3
    assert speed == pytest.approx(4 * 16 / 1.0)


def test_judging_is_timed_as_it_will_be_done(recipe, finished, monkeypatch):
    """The fastest of three, for sixteen windows of sixteen tokens."""
    clock, times = {"now": 0.0}, [9.0, 2.0, 4.0]

    def window_nats(model, windows):
        assert windows.shape == (16, 17)
        clock["now"] += times.pop(0)

    monkeypatch.setattr(probe, "window_nats", window_nats)
    monkeypatch.setattr(probe.time, "perf_counter", lambda: clock["now"])
    batches = Batches(finished.train.ids, 16, 4, seed=0)
    assert probe.measure_judging(recipe, batches) == 16 * 16 / 2.0


@pytest.mark.parametrize(
    ("backend", "threads", "kinds", "ways"),
    [
        ("torch", 4, ["float32"], [(1, "float32"), (4, "float32")]),
        ("torch", 1, BOTH, [(1, "float32"), (1, "bfloat16")]),
        ("numpy", 4, ["float32"], [(4, "float32")]),
    ],
)
def test_the_ways_to_compute(recipe, backend, threads, kinds, ways):
    training = replace(recipe.training, backend=backend, threads=threads)
    found = probe.ways_to_compute(replace(recipe, training=training), kinds)
    trainings = [way.training for way in found]
    assert [(t.threads, t.precision) for t in trainings] == ways


def test_a_speed_lies_on_the_line_through_two():
    """Ten times the parameters, a fifth of the speed; then on."""
    measured = {100_000: 5000.0, 1_000_000: 1000.0}
    for number, speed in ((10_000_000, 200.0), (100_000, 5000.0)):
        found = probe.speed_between(measured, number)
        assert found == pytest.approx(speed)
    middle = probe.speed_between(measured, 316_228)
    assert middle == pytest.approx((5000 * 1000) ** 0.5, rel=1e-4)
    assert probe.speed_between({7: 3.0}, 7) == 3.0
