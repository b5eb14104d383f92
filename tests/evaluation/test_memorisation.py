"""What is copied is found, by words; derived by hand and by brute force."""

import random

from octavo.evaluation.memorisation import Source, copying, words

ORIGINAL = (
    "Shall I compare thee to a summer's day? Thou art more lovely.",
    "And more temperate: rough winds do shake the darling buds.",
)


def test_runs_are_counted_up_to_each_word():
    source = Source(ORIGINAL)
    said = "shall I COMPARE thee, to: more temperate rough day thou art"
    assert source.runs(said) == [1, 2, 3, 4, 5, 1, 2, 3, 1, 2, 3]
    # "lovely" ends one text and "and" begins the next.
    assert source.runs("more lovely and more x") == [1, 2, 1, 2, 0]
    assert source.runs("") == []


def test_the_shares_are_those_of_the_hand():
    eight = "compare thee to a summer\N{RIGHT SINGLE QUOTATION MARK}s day"
    assert words(eight)[4] == "summer\N{RIGHT SINGLE QUOTATION MARK}s"
    source = Source(ORIGINAL)
    said = "I compare thee to a summer's day thou art not x y"
    # 12 words hold 5 runs of 8; those that end at "thou" and "art" are
    # copies.
    assert copying(source, [said, "rough winds"]) == {
        "longest_copy": 9,
        "copied_8grams": 2 / 5,
    }
    assert copying(source, []) == {"longest_copy": 0, "copied_8grams": 0}


def test_it_is_what_a_slow_search_finds():
    chance = random.Random(3)
    original = [chance.choice("abc") for _ in range(60)]
    said = [chance.choice("abcd") for _ in range(80)]
    whole = f" {' '.join(original)} "

    def slow(end: int) -> int:
        lengths = range(1, end + 1)
        return max(
            (n for n in lengths
             if f" {' '.join(said[end - n : end])} " in whole),
            default=0,
        )  # fmt: skip

    found = Source([" ".join(original)]).runs(" ".join(said))
    assert found == [slow(end) for end in range(1, 81)]
    assert max(found) > 3
