import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.tokenizer import train_bpe
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
    texts = iter(["ab ab", "ab"])
    assert count_pieces(texts, "gpt2") == Counter({"ab": 2, " ab": 1})


def test_progress_ends_at_the_total():
    told = []
    learn_merges({"abcdef" * 40: 1}, 100, lambda *t: told.append(t))
    assert told[0] == (0, 100)
    assert told[-1] == (100, 100)


def test_one_word_of_a_million_letters_is_no_trouble():
    merges = learn_merges({"a" * 1_000_000: 1}, 100)
    assert len(merges) == 25
    assert merges[0].count == 999_999
    assert merges[1].count == 499_999
