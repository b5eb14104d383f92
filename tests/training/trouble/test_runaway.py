"""A loss that is a number and runs away: warned of once, in words."""

import numpy as np
import pytest

from octavo.training import Metrics, prepare_from_recipe, train
from octavo.training.trouble.runaway import running_away

BLIND = 5.0  # nats a token


def falling(steps: int) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 0.05, steps)
    return 2 + 3 / np.sqrt(np.arange(1, steps + 1)) + noise


@pytest.fixture
def warnings(recorder):
    """Say which warnings there were."""
    return lambda: [
        line
        for (line,) in recorder.of("noted")
        if line.startswith("The loss runs away")
    ]


@pytest.mark.parametrize("steps", [9, 40, 1000])
def test_a_loss_that_falls_is_left_in_peace(steps):
    assert running_away(falling(steps), BLIND) == ""


def test_worse_than_blind_is_by_a_tenth():
    losses = falling(40)
    losses[30] = 5.49
    assert running_away(losses, BLIND) == ""
    losses[30] = 5.51
    assert running_away(losses, BLIND) == (
        "at step 31 the loss was 5.51, worse than a blind guess (5.00)"
    )


def test_a_rise_is_seen_beyond_the_noise():
    """From 2 to 2.1 is a twentieth; a guess's fiftieth is 0.1 as well."""
    flat = np.full(100, 2.0)
    assert running_away(flat, BLIND) == ""
    flat[60:] = 2.095
    assert running_away(flat, BLIND) == ""
    flat[60:] = 2.125
    assert running_away(flat, BLIND) == (
        "the loss had come down to 2.00 and rose again to 2.12"
    )


def test_rates_a_hundred_times_too_high_are_warned_of_once(
    recipe, tmp_path, recorder, warnings
):
    wild = recipe.changed(
        [
            f"training.matrix_learning_rate={100 * 0.02}",
            f"training.other_learning_rate={100 * 0.01}",
        ]
    )
    run = prepare_from_recipe(wild, tmp_path / "run")
    stops = iter([False] * 17 + [True])
    assert train(run, recorder, stop=lambda: next(stops)) is None
    assert train(run, recorder) is not None
    (line,) = warnings()
    assert "worse than a blind guess" in line
    assert line.endswith(
        "Halve the learning rates, in a new run: `octavo train --recipe "
        f"{run.folder}/recipe.toml --set training.matrix_learning_rate=1 "
        "--set training.other_learning_rate=0.5 --out NEW`"
    )
    ((step, seen),) = Metrics.read(run.folder).of("runs_away")
    assert step < 18
    assert seen in line


def test_a_sound_run_is_warned_of_nothing(new_run, recorder, warnings):
    run = new_run()
    assert train(run, recorder) is not None
    assert warnings() == []
    assert Metrics.read(run.folder).of("runs_away") == []
