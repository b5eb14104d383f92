import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.foundation import UserError
from octavo.tokenizer import cutting
from octavo.tokenizer.cutting import Cutter, chunks, rejoin
from octavo.tokenizer.patterns import PATTERNS, SPELLINGS, Splitter

QUICK = settings(deadline=None, max_examples=200, derandomize=True)
CHARACTERS = st.characters(exclude_categories=["Cs"])
SNIPPETS = [
    *("a", "B", "s", "t", "re", "VE", "ll", "'", " ", "\n", "\r", "\t"),
    *("1", "2", "!", ",", "é", "ſ", "٣", "\u00a0", "\u0301", "天", "\x1c"),
    *("\x85", "\0", "👍", "x y", "x\ny", "  \n", "'s", "'\u017f"),
]


def cut(pattern, text):
    return [
        pieces.data[start : start + length].decode()
        for pieces in Cutter(pattern)(text)
        for start, length in zip(pieces.starts, pieces.lengths, strict=True)
    ]


@pytest.fixture(params=[2, 1 << 17], ids=["short", "long"])
def stretches(request, monkeypatch):
    """Cut texts into stretches as short as may be, and into long ones."""
    monkeypatch.setattr(cutting, "CHUNK", request.param)


@pytest.mark.usefixtures("stretches")
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("pattern", SPELLINGS)
def test_known_patterns_cut_as_their_expressions(pattern, ascii_only):
    snippets = [s for s in SNIPPETS if s.isascii() or not ascii_only]
    rng, splitter = random.Random(1), Splitter(pattern)
    for _ in range(2000):
        text = "".join(rng.choices(snippets, k=rng.randrange(1, 12)))
        assert cut(pattern, text) == splitter(text)


@pytest.mark.usefixtures("stretches")
@pytest.mark.parametrize("name", [*PATTERNS, r"[ab]+", None])
def test_real_and_awkward_texts_are_cut_as_by_expressions(
    name, prose, awkward
):
    for text in [*awkward, "".join(awkward), prose]:
        assert cut(name, text) == Splitter(name)(text)


@pytest.mark.parametrize("name", PATTERNS)
@QUICK
@given(text=st.text(CHARACTERS))
def test_any_text_is_cut_as_by_expressions(name, text):
    assert cut(name, text) == Splitter(name)(text)


def test_every_character_is_of_the_expressions_kind():
    characters = (
        chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000
    )
    text = "".join(f"{character}a1" for character in characters)
    assert cut("gpt2", text) == Splitter("gpt2")(text)


def test_chunks_are_cut_between_words_and_lines():
    text = "one two\nthree  four.\nfive"
    assert list(chunks(text, 1)) == [
        "one",
        " two\n",
        "three  four.\n",
        "five",
    ]
    assert list(chunks("", 1)) == []
    assert list(chunks("aaa" * 100, 1)) == ["aaa" * 100]


def test_blocks_are_joined_before_they_are_cut(monkeypatch):
    monkeypatch.setattr(cutting, "CHUNK", 3)
    text = "To be, or not to be: that is the question. " * 3 + "a" * 50
    for size in (1, 2, 7, 1000):
        blocks = [text[i : i + size] for i in range(0, len(text), size)]
        parts = list(rejoin(blocks))
        assert "".join(parts) == text
        assert all(part[0] == " " for part in parts[1:])
        assert len(parts) > 5


def test_half_a_surrogate_pair_is_named():
    with pytest.raises(UserError, match=r"character 3 .* U\+D83D, half of"):
        list(Cutter("gpt2")("abc\ud83d"))
