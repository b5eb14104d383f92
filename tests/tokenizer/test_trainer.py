import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.tokenizer import train_bpe, trainer
from octavo.tokenizer.trainer import count_pieces, learn_merges

QUICK = settings(deadline=None, max_examples=100, derandomize=True)


def both(text, num_merges, pattern=None):
    """Return the merges of the reference and those of the fast trainer."""
    fast = learn_merges(count_pieces([text], pattern), num_merges)
    return train_bpe(text, num_merges, pattern)[0], fast


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "letters", ["ab", "abc ", "etaoin shrdlu\n", "é ñ"]
)
@pytest.mark.parametrize("pattern", [None, "qwen2", "gpt2"])
def test_random_texts_give_the_references_merges(seed, letters, pattern):
    text = "".join(random.Random(seed).choices(letters, k=300))
    slow, fast = both(text, 60, pattern)
    assert fast == slow
    assert len(fast) > 5


def test_prose_gives_the_references_merges(prose):
    slow, fast = both(prose[:20_000], 150, "qwen2")
    assert fast == slow
    assert len(fast) == 150


@pytest.mark.parametrize("length", [0, 1, 2, 3, 7, 8, 100])
def test_all_equal_bytes_give_the_references_merges(length):
    slow, fast = both("a" * length, 20)
    assert fast == slow


def test_texts_full_of_ties_give_the_references_merges():
    letters = [chr(c) for c in range(33, 127)]
    slow, fast = both("".join(letters + letters[::-1]), 500)
    assert fast == slow
    assert len(fast) == 187  # until one token is left


@QUICK
@given(st.text("ab c", max_size=60), st.sampled_from([None, "qwen2"]))
def test_any_text_gives_the_references_merges(text, pattern):
    slow, fast = both(text, 100, pattern)
    assert fast == slow


def test_the_order_of_the_texts_makes_no_difference():
    words = [
        "the",
        "quick",
        "brown",
        "fox",
        "jumps",
        "over",
        "the",
        "lazy",
        "dog",
        "the",
        "end",
    ]
    forward = learn_merges(count_pieces(words, "qwen2"), 30)
    backward = learn_merges(count_pieces(words[::-1], "qwen2"), 30)
    assert forward == backward


def test_texts_are_counted_one_by_one():
    counted = count_pieces(iter(["ab ab", "ab"]), "gpt2")
    assert counted.data.tobytes() == b"ab ab"
    assert counted.lengths.tolist() == [2, 3]
    assert counted.counts.tolist() == [2, 1]


def test_progress_ends_at_the_total():
    told = []
    pieces = count_pieces(["abcdef" * 40], None)
    learn_merges(pieces, 100, lambda *t: told.append(t))
    assert told[0] == (0, 100)
    assert told[-1] == (100, 100)


def test_one_word_of_a_million_letters_is_no_trouble():
    merges = learn_merges(count_pieces(["a" * 1_000_000], None), 100)
    assert len(merges) == 25
    assert merges[0].count == 999_999
    assert merges[1].count == 499_999


@pytest.mark.parametrize("caution", [0, 0.1, 3, 1000])
def test_rare_pairs_come_when_they_are_needed(monkeypatch, caution, prose):
    monkeypatch.setattr(trainer, "CAUTION", caution)
    for num_merges in (1, 7, 300):
        slow, fast = both(prose[:5000], num_merges, "gpt2")
        assert fast == slow
        assert len(fast) == num_merges


@pytest.mark.parametrize("many", [0, 2, 10**9])
def test_few_places_and_many_give_the_same(monkeypatch, many, prose):
    monkeypatch.setattr(trainer, "MANY", many)
    for text in (prose[:5000], "abab" * 50 + "aaaa" * 50, "aab" * 99):
        slow, fast = both(text, 80, "gpt2")
        assert fast == slow
