"""What chapter 12 says of judging, against the code that does it."""

import itertools
import re
from math import exp, log, sqrt

import numpy as np
import pytest

from octavo.book.drawing import WIDTH
from octavo.book.figures.judging import BIT, areas
from octavo.evaluation import NgramModel, Score, windows
from octavo.evaluation.memorisation import Source
from octavo.finetuning.questions import wilson


def test_four_letters_are_as_good_as_sixty_four_words():
    letters = Score(nats=18 * log(4), tokens=18, bytes=18)
    words = Score(nats=6 * log(64), tokens=6, bytes=18)
    assert letters.perplexity == pytest.approx(4)
    assert words.perplexity == pytest.approx(64)
    for score in (letters, words):
        loss, each = score.nats_per_token, score.tokens / score.bytes
        assert score.bits_per_byte == pytest.approx(loss / log(2) * each)
        assert score.bits_per_byte == pytest.approx(2)


def test_pairs_of_words_by_hand():
    to, be, or_, not_ = range(4)
    pairs = NgramModel.train(np.array([to, be, or_, not_, to, be]), 2, 4)

    def after(word: int) -> list[float]:
        ids = [np.array([word, n]) for n in range(4)]
        return [exp(-pairs.nats(each)[1]) for each in ids]

    alone = {to: (2 - 1) / 5 + 2.5 / 5 / 4}
    alone |= dict.fromkeys((be, or_, not_), 0.5 / 5 + 2.5 / 5 / 4)
    assert alone[be] == pytest.approx(0.225)
    expected = [0.5 * alone[n] for n in range(4)]
    expected[be] += (2 - 1) / 2
    assert after(to) == pytest.approx(expected)
    assert after(to)[be] == pytest.approx(0.6125)
    assert sum(after(to)) == pytest.approx(1)
    assert after(be)[to] == pytest.approx(0.5 * alone[to])


@pytest.mark.parametrize("length", [2, 4, 5, 6, 11, 12])
def test_windows_foretell_each_token_once(length):
    text = np.arange(length)
    cut = list(windows([text], 4))
    assert np.concatenate([one[1:] for one in cut]).tolist() == list(
        range(1, length)
    )
    for one, following in itertools.pairwise(cut):
        assert one[-1] == following[0]


def test_nineteen_of_twenty_means_are_off_by_less():
    drawn = np.random.default_rng(0).exponential(2, (4000, 240))
    off = np.abs(drawn.mean(axis=1) - 2)
    within = (off < 1.96 * 2 / sqrt(240)).mean()
    assert within == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("right", "asked"), [(19, 20), (3, 7), (0, 9)])
def test_wilsons_shares_make_what_was_seen_no_surprise(right, asked):
    for share in wilson(right, asked):
        if 0 < share < 1:
            off = abs(right / asked - share)
            expected = 1.96 * sqrt(share * (1 - share) / asked)
            assert off == pytest.approx(expected, rel=1e-3)


def test_runs_of_copied_words_as_they_are_printed():
    line = Source(["To be, or not to be: that is the question."])
    found = line.runs("Not to be, or to be? That is it.")
    assert found == [1, 2, 3, 3, 1, 2, 3, 4, 0]


def test_an_area_is_as_large_as_the_bill():
    letters = [("a", 3.0), (" ", 0.5), ("b", 9.0)]
    drawing = areas(letters, [("a", 1.0), (" b", 7.0)])
    boxes = re.findall(
        r"rect\(width: ([\d.]+)pt, height: ([\d.]+)", drawing
    )
    wide = (WIDTH - 16) / 3
    bits = [
        (float(width) + 0.8) * float(height) / BIT / wide
        for width, height in boxes
    ]
    assert bits == pytest.approx([3.0, 0.5, 9.0, 1.0, 7.0], abs=1e-3)
