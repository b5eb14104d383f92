import numpy as np
import pytest

from octavo.foundation import UserError
from octavo.training.batches import Batches, num_windows


def test_targets_are_the_inputs_one_on():
    batches = Batches(np.arange(1000, dtype=np.uint16), 8, 4, seed=1)
    inputs, targets = batches.at(3)
    assert inputs.shape == targets.shape == (4, 8)
    # The ids count up, so every target is its input and one.
    assert (targets == inputs + 1).all()


def test_a_pass_reads_each_window_once():
    batches = Batches(np.arange(1000, dtype=np.uint16), 10, 3, seed=1)
    assert batches.windows_per_pass == 99
    firsts = [int(row[0]) for step in range(33)
              for row in batches.at(step)[0]]  # fmt: skip
    offset = min(firsts)
    assert 0 <= offset < 10
    assert sorted(firsts) == [offset + 10 * i for i in range(99)]
    assert firsts != sorted(firsts)
    second = [int(batches.at(step)[0][0, 0]) for step in range(33, 66)]
    assert second != firsts[:33]


def test_a_step_has_the_same_batch_however_it_is_reached():
    ids = np.random.default_rng(0).integers(0, 99, 500).astype(np.uint16)
    walked, jumped = Batches(ids, 7, 5, seed=3), Batches(ids, 7, 5, seed=3)
    for step in range(40):
        last = walked.at(step)
    there = jumped.at(39)
    assert (last[0] == there[0]).all()
    assert (last[1] == there[1]).all()
    other = Batches(ids, 7, 5, seed=4).at(39)
    assert not (other[0] == there[0]).all()


def test_the_last_window_fits_at_every_offset():
    ids = np.arange(16, dtype=np.uint16)
    for seed in range(20):
        inputs, targets = Batches(ids, 8, 1, seed).at(0)
        assert targets[0, -1] == inputs[0, 0] + 8


def test_too_little_text_raises():
    with pytest.raises(UserError, match=r"only 15 tokens .* needs 16"):
        Batches(np.arange(15, dtype=np.uint16), 8, 1, seed=0)


def test_a_batch_beyond_a_pass_raises():
    ids = np.arange(100, dtype=np.uint16)
    assert Batches(ids, 8, 11, seed=0).windows_per_pass == 11
    with pytest.raises(
        UserError, match=r"batch of 12 windows is more .* 11"
    ):
        Batches(ids, 8, 12, seed=0)


@pytest.mark.parametrize(
    ("num_tokens", "context", "count"),
    [(0, 8, 0), (15, 8, 0), (16, 8, 1), (23, 8, 1), (24, 8, 2), (5, 1, 4)],
)
def test_windows_that_fit_at_any_offset(num_tokens, context, count):
    assert num_windows(num_tokens, context) == count


def test_noise_replaces_inputs_by_tokens_of_the_text():
    """Most often by those that are most frequent in it."""
    ids = np.full(20_000, 7, np.uint16)
    ids[::10] = 3
    clear, noisy = Batches(ids, 50, 40, 1), Batches(ids, 50, 40, 1, 0.2)
    clear_inputs, clear_targets = clear.at(5)
    inputs, targets = noisy.at(5)
    assert (targets == clear_targets).all()
    # A 3 becomes a 7 by nine in ten of a fifth, a 7 a 3 by one in ten.
    was, now = clear_inputs.numpy(), inputs.numpy()
    assert (now[was == 3] == 7).mean() == pytest.approx(0.18, abs=0.07)
    assert (now[was == 7] == 3).mean() == pytest.approx(0.02, abs=0.01)
    assert (noisy.at(6)[0] != noisy.at(5)[0]).any()
    assert (noisy.at(5)[0] == inputs).all()
