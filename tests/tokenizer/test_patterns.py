import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from octavo.foundation import UserError
from octavo.tokenizer.patterns import (
    PATTERNS,
    SPELLINGS,
    Splitter,
    resolve_pattern,
)

QUICK = settings(deadline=None, max_examples=150, derandomize=True)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
SNIPPETS = st.sampled_from(
    [" ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "a", "é", "1", "!", "\xa0"]
)
TEXTS = st.text(CHARACTERS) | st.lists(SNIPPETS | CHARACTERS).map("".join)


@pytest.mark.parametrize("name", PATTERNS)
@QUICK
@given(text=TEXTS)
def test_pieces_are_those_of_hugging_faces_engine(name, text):
    split = pre_tokenizers.Split(Regex(PATTERNS[name]), "isolated")
    pieces = [piece for piece, _ in split.pre_tokenize_str(text)]
    assert Splitter(name)(text) == pieces


@pytest.mark.parametrize("spelling", SPELLINGS)
@QUICK
@given(text=TEXTS)
def test_spellings_of_a_pattern_cut_alike(spelling, text):
    assert Splitter(spelling)(text) == Splitter(SPELLINGS[spelling])(text)


def test_qwen2_cuts_numbers_into_digits_and_gpt2_does_not():
    text = "It's 1603,  Sir"
    assert Splitter("qwen2")(text) == (
        ["It", "'s", " ", "1", "6", "0", "3", ",", " ", " Sir"]
    )
    assert Splitter("gpt2")(text) == (
        ["It", "'s", " 1603", ",", " ", " Sir"]
    )


def test_what_a_pattern_does_not_match_is_kept():
    assert Splitter(r"(a)(b)")("xxababy") == ["xx", "ab", "ab", "y"]


def test_no_pattern_does_not_cut():
    assert Splitter(None)("a b") == ["a b"]
    assert Splitter(None)("") == []


def test_a_slip_in_a_name_is_no_expression():
    assert resolve_pattern("gpt2") == PATTERNS["gpt2"]
    assert resolve_pattern(r"\S+|\s+") == r"\S+|\s+"
    with pytest.raises(UserError, match='"gwen2"; did you mean "qwen2"'):
        resolve_pattern("gwen2")


def test_a_broken_expression_is_named():
    with pytest.raises(UserError, match=r"'\(a' is no regular expression"):
        Splitter("(a")


@pytest.mark.parametrize("pattern", ["qwen2", None, "(a)"])
def test_half_a_surrogate_pair_is_named(pattern):
    with pytest.raises(UserError, match=r"character 3 .* U\+D83D, half of"):
        Splitter(pattern)("abc\ud83d")


def test_llama3_and_cl100k_differ_in_the_last_white_space():
    assert Splitter("llama3")("1234\n ") == ["123", "4", "\n", " "]
    assert Splitter("cl100k")("1234\n ") == ["123", "4", "\n "]
