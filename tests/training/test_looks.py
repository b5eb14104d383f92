"""Looks in between: what a glance sees, and when each look is due."""

import numpy as np
import pytest

from octavo.evaluation import score_model
from octavo.training import load_trained, looks
from octavo.training.looks import Glance


def test_a_glance_at_a_short_text_sees_all_of_it(finished):
    model = load_trained(finished.folder)
    glance = Glance(finished)
    score = score_model(model, finished.held_out, finished.tokenizer)
    assert glance.num_bytes == score.bytes
    bits = glance.bits_per_byte(model)
    assert bits == pytest.approx(score.bits_per_byte, rel=1e-6)


def test_a_glance_at_a_long_text_is_spread_over_it(finished, monkeypatch):
    monkeypatch.setattr(looks, "GLANCE_TOKENS", 32)
    glance = Glance(finished)
    ids = finished.held_out.ids
    every = (len(ids) - 1) // 16 * 16 // 32  # windows over windows wanted
    starts = range(0, len(ids) - 1, 16)
    expected = [ids[s : s + 17] for s in list(starts)[::every]]
    assert 1 < len(expected) < len(starts)
    found = [window for batch in glance.batches for window in batch]
    for window, wanted in zip(found, expected, strict=True):
        assert window.tolist() == wanted.tolist()
    text = np.concatenate([window[1:] for window in expected])
    assert glance.num_bytes == len(
        finished.tokenizer.decode_bytes(text.tolist())
    )


@pytest.mark.parametrize(
    ("total", "shares", "passed"),
    [
        (10, (0.5, 1.0), [5, 10]),
        (10, (0.01, 0.02, 0.31), [1, 4]),
        (1, (0.02, 0.5, 1.0), [1]),
        (7, (0.0,), []),  # nothing passes the start
    ],
)
def test_each_share_of_a_run_is_passed_once(total, shares, passed):
    steps = range(1, total + 1)
    assert [s for s in steps if looks.passes(s, total, shares)] == passed
