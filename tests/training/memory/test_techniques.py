"""Each technique, and all of them at once, beside a step without any."""

import pytest
import torch

BITS = 2.0**-8  # the rounding of a bfloat16
ALL = {"accumulate": 2, "checkpoint_activations": True, "loss_chunk": 5}


@pytest.mark.parametrize("parts", [2, 4, 8])
def test_a_batch_in_parts_is_the_whole_batch(learned, apart, parts):
    whole, summed = learned(), learned(accumulate=parts)
    assert summed[0] == pytest.approx(whole[0], rel=1e-6)
    assert apart(summed, whole) < 1e-5


def test_unequal_parts_count_by_their_size(learned, apart):
    """As when an accelerator is compared on a batch's first windows."""
    whole, summed = learned(windows=5), learned(windows=5, accumulate=2)
    assert summed[0] == pytest.approx(whole[0], rel=1e-6)
    assert apart(summed, whole) < 1e-5


def test_blocks_computed_twice_give_the_same_bits(learned, dropped):
    for learn in (learned, dropped):
        for precision in ("float32", "bfloat16"):
            kept = learn(precision=precision)
            again = learn(precision=precision, checkpoint_activations=True)
            assert again[0] == kept[0]
            for name, gradient in kept[1].items():
                assert torch.equal(again[1][name], gradient), name


@pytest.mark.parametrize("chunk", [1, 5, 64, 1000])
def test_a_loss_in_chunks_is_the_loss(learned, apart, chunk):
    whole, chunked = learned(), learned(loss_chunk=chunk)
    assert chunked[0] == pytest.approx(whole[0], rel=1e-6)
    assert apart(chunked, whole) < 1e-5


@pytest.mark.parametrize("precision", ["bfloat16", "bfloat16-saved"])
def test_half_the_digits_are_enough(learned, apart, precision):
    exact, rounded = learned(), learned(precision=precision)
    assert BITS / 10 < apart(rounded, exact) < 8 * BITS


def test_saving_in_bfloat16_leaves_the_loss_as_it_is(learned):
    assert learned(precision="bfloat16-saved")[0] == learned()[0]


@pytest.mark.parametrize("precision", ["bfloat16", "bfloat16-saved"])
def test_all_techniques_go_together(learned, apart, precision):
    exact, frugal = learned(), learned(precision=precision, **ALL)
    assert frugal[0] == pytest.approx(exact[0], rel=BITS)
    assert apart(frugal, exact) < 8 * BITS


def test_all_exact_techniques_are_exact_together(learned, apart):
    assert apart(learned(**ALL), learned()) < 1e-5
