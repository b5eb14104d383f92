"""The tokenizer itself; its ids meet outside authorities elsewhere."""

import numpy as np
import pytest

from octavo.foundation import UserError
from octavo.tokenizer import SPECIAL_TOKENS, Tokenizer, Vocabulary

BYTES = Tokenizer.bytes()
SURROGATE = "half \udce9 a pair"


@pytest.fixture(scope="module")
def small() -> Tokenizer:
    return Tokenizer.train(["so so so"], 261)


def test_ids_are_bytes_then_merges_then_special_tokens(small):
    assert [small.decode_bytes([i]) for i in (0, 65, 255)] == [
        b"\0",
        b"A",
        b"\xff",
    ]
    # "so" stands three times and " so" twice: that order.
    assert small.decode_bytes([256]) == b"so"
    assert small.decode_bytes([257]) == b" so"
    assert small.special_tokens == {
        "<|endoftext|>": 258,
        "<|im_start|>": 259,
        "<|im_end|>": 260,
    }
    assert small.vocab_size == 261
    assert small.end_of_text == 258
    assert small.encode("so so\n") == [256, 257, 10]


def test_a_text_without_pairs_makes_a_smaller_vocabulary():
    assert Tokenizer.train(["a b c"], 300).vocab_size == 259 + 2
    assert Tokenizer.train([], 300).vocab_size == 259
    told = []
    Tokenizer.train(["so so so"], 261, progress=lambda *t: told.append(t))
    assert told[-1] == (2, 2)


def test_texts_are_separate_and_read_once():
    """No merge crosses from one text to the next."""
    texts = iter(["xa", "bx"] * 5)
    learned = Tokenizer.train(texts, 259 + 9).vocabulary.tokens[256:]
    assert set(learned) == {b"xa", b"bx"}
    assert list(texts) == []


@pytest.mark.parametrize("size", [-1, 0, 100, 258, (1 << 20) + 1, 10**30])
def test_a_vocabulary_too_small_or_too_large_says_the_bounds(size):
    expected = rf"vocabulary of {size} is .* least 259 ids .* most 1048576"
    with pytest.raises(UserError, match=expected):
        Tokenizer.train(["text"], size)


def test_training_refuses_what_it_cannot_use():
    with pytest.raises(UserError, match="named twice"):
        Tokenizer.train(["a"], 300, special_tokens=["<|a|>", "<|a|>"])
    with pytest.raises(UserError, match='"qwen3"; did you mean "qwen2"'):
        Tokenizer.train(["a"], 300, "qwen3")
    with pytest.raises(UserError, match=r"U\+DCE9, half of a surrogate"):
        Tokenizer.train([SURROGATE], 300)


def test_special_tokens_in_text_are_text_unless_allowed(small):
    text = "so<|im_end|>"
    plain = small.encode(text)
    assert plain[:2] == [256, ord("<")]
    assert not set(plain) & set(small.special_tokens.values())
    assert small.encode(text, ["<|im_end|>"]) == [256, 260]
    assert small.encode(text, ["<|im_start|>"]) == plain
    assert small.encode("<|im_end|>" * 2, SPECIAL_TOKENS) == [260, 260]
    assert small.encode("", SPECIAL_TOKENS) == []
    with pytest.raises(UserError, match=r'"<\|im_ned\|>"; did you mean'):
        small.encode(text, ["<|im_ned|>"])


def test_the_longest_of_special_tokens_is_found():
    tokenizer = Tokenizer.train(
        ["text"], 260, special_tokens=["<a>", "<a><b>"]
    )
    ids = tokenizer.special_tokens
    found = tokenizer.encode("<a><b><a>", ids)
    assert found == [ids["<a><b>"], ids["<a>"]]


def test_what_is_no_text_is_refused_at_its_character(small):
    for tokenizer in (small, BYTES):
        with pytest.raises(UserError, match=r"character 5 .* U\+DCE9"):
            tokenizer.encode(SURROGATE)
    with pytest.raises(UserError, match="character 5"):
        small.encode(SURROGATE, ["<|im_end|>"])


def test_zero_bytes_are_text_like_any_other(small):
    assert small.encode("\0so\0") == [0, 256, 0]
    assert small.decode([0, 256, 0]) == "\0so\0"


def test_arrays_hold_the_same_ids(small):
    array = small.encode_to_array("so so, né")
    assert array.dtype == np.uint16
    assert array.tolist() == small.encode("so so, né")
    assert small.decode(array) == "so so, né"


@pytest.mark.parametrize("wrong", [-1, 261, 10**30])
def test_ids_of_another_tokenizer_are_named(small, wrong):
    with pytest.raises(UserError, match=f"id {wrong} is not in .* to 260"):
        small.decode([65, wrong])
    with pytest.raises(TypeError):
        small.decode([65.5])  # type: ignore[list-item]


def test_half_a_character_is_shown_as_such(small):
    assert small.decode("天".encode()[:2]) == "\ufffd"
    assert small.decode_bytes("天".encode()[:2]) == b"\xe5\xa4"
    assert small.decode([]) == ""


def test_the_bytes_have_neither_merges_nor_special_tokens():
    assert BYTES.vocab_size == 256
    assert BYTES.special_tokens == {}
    assert BYTES.end_of_text is None
    assert BYTES.encode("né\0") == [0x6E, 0xC3, 0xA9, 0]


def test_a_fingerprint_is_of_all_that_decides(small, tmp_path):
    """Each part changed alone gives another; saving changes nothing."""
    v = small.vocabulary
    parts = {
        "tokens": v.tokens,
        "merges": v.merges,
        "special_tokens": v.special_tokens,
        "pattern": v.pattern,
        "normalizer": v.normalizer,
    }
    others = [
        {},
        {"merges": v.merges[:1], "tokens": v.tokens},
        {"special_tokens": {**v.special_tokens, "<|x|>": 261}},
        {"pattern": None},
        {"normalizer": "NFC"},
    ]
    prints = {
        Tokenizer(Vocabulary(**(parts | o))).fingerprint for o in others
    }
    assert len(prints) == len(others)
    assert small.fingerprint in prints
    small.save(tmp_path / "tokenizer.json")
    assert Tokenizer.load(tmp_path).fingerprint == small.fingerprint
