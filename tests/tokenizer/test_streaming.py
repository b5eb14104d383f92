"""Text that comes id by id is the text of all ids at once."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.tokenizer import StreamDecoder, Tokenizer, decode_stream

BYTES = Tokenizer.bytes()
QUICK = settings(deadline=None, max_examples=200, derandomize=True)


def stream(tokenizer, ids):
    return list(decode_stream(tokenizer, ids))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["a", "b", ""]),
        ("é!", ["", "é", "!", ""]),
        ("天", ["", "", "天", ""]),
        ("🌹", ["", "", "", "🌹", ""]),
        ("e\u0301", ["e", "", "\u0301", ""]),
    ],
)
def test_a_character_comes_when_its_last_byte_does(text, pieces):
    assert stream(BYTES, text.encode()) == pieces


@pytest.mark.parametrize(
    ("ids", "pieces"),
    [
        (b"\xe5\xa4", ["", "", "\ufffd"]),  # half a character at the end
        (b"\xe5\xa4a", ["", "", "\ufffda", ""]),  # and before another one
        (b"\xff", ["\ufffd", ""]),
        (b"\xc3\xc3\xa9", ["", "\ufffd", "é", ""]),
        (b"\xf0\x9f\x8c", ["", "", "", "\ufffd"]),
    ],
)
def test_bytes_that_are_no_character_are_replaced(ids, pieces):
    assert stream(BYTES, ids) == pieces
    assert "".join(pieces) == BYTES.decode(ids)


def test_a_token_may_end_one_character_and_begin_the_next():
    """Half a rose, then half a rose with half a sun: bytes that merged."""
    rose, sun = "🌹".encode(), "🌞".encode()
    ranks = {bytes([byte]): byte for byte in range(256)}
    middle = rose[2:] + sun[:1]
    for end in (2, 3):
        ranks[middle[:end]] = 254 + end
    tokenizer = Tokenizer.from_ranks(ranks, None, {})
    ids = tokenizer.encode("🌹🌞")
    assert ids == [*rose[:2], 257, *sun[1:]]
    assert stream(tokenizer, ids) == ["", "", "🌹", "", "", "🌞", ""]


def test_after_finishing_it_starts_anew():
    decoder = StreamDecoder(BYTES)
    assert decoder.feed(b"\xe5\xa4") == ""
    assert decoder.finish() == "\ufffd"
    assert decoder.feed(b"\xa9a") == "\ufffda"  # not the rest of the former
    assert decoder.finish() == ""


def test_special_tokens_are_their_names(trained):
    ids = trained.encode("né<|im_end|>", ["<|im_end|>"])
    pieces = stream(trained, ids)
    assert pieces[-2:] == ["<|im_end|>", ""]
    assert "".join(pieces) == "né<|im_end|>"


@QUICK
@given(ids=st.lists(st.integers(0, 1999)))
def test_any_ids_give_the_same_text_as_all_at_once(trained, ids):
    assert trained.vocab_size == 2000
    assert "".join(stream(trained, ids)) == trained.decode(ids)


@QUICK
@given(data=st.binary(), cuts=st.lists(st.integers(0, 40)))
def test_however_ids_are_grouped_the_text_is_the_same(data, cuts):
    decoder = StreamDecoder(BYTES)
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    text = "".join(decoder.feed(data[a:b]) for a, b in pairwise(places))
    assert text + decoder.finish() == data.decode(errors="replace")
