import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFace

from octavo.tokenizer import Tokenizer, encoder, train_bpe
from octavo.tokenizer.encoder import Encoder, RankTable, merge_long
from octavo.tokenizer.reference import encode

QUICK = settings(deadline=None, max_examples=100, derandomize=True)


def long_ids(tokenizer, text):
    """Encode a text as one long pre-token, by NumPy."""
    vocabulary = tokenizer.vocabulary
    table = RankTable(vocabulary.merges, vocabulary.made)
    return merge_long(np.array(list(text.encode()), np.int64), table)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("letters", ["ab", "abc  \n'", "etaoin shrdlu"])
def test_ids_are_those_of_the_reference(seed, letters):
    rng = random.Random(seed)
    text, other = ("".join(rng.choices(letters, k=400)) for _ in range(2))
    merges, vocab = train_bpe(text, 50, "qwen2")
    tokenizer = Tokenizer.train([text], 306, special_tokens=())
    assert len(merges) == 50
    for each in (text, other):
        assert tokenizer.encode(each) == encode(each, merges, "qwen2")
    assert [tokenizer.decode_bytes([i]) for i in vocab] == [*vocab.values()]


@pytest.mark.parametrize("letters", ["a", "ab", "abc", "etaoinshrdlu"])
@QUICK
@given(data=st.data())
def test_long_pieces_are_merged_as_short_ones(letters, data):
    corpus = "".join(random.Random(0).choices(letters, k=500))
    merges, _ = train_bpe(corpus, 40)
    tokenizer = Tokenizer.train(
        [corpus], 296, r"[\s\S]+", special_tokens=()
    )
    text = data.draw(st.text(letters, max_size=100))
    expected = encode(text, merges)
    assert tokenizer.encode(text) == expected
    assert long_ids(tokenizer, text).tolist() == expected


def test_the_way_of_long_pieces_is_taken(monkeypatch, trained):
    monkeypatch.setattr(encoder, "LONG", 1)
    text = "Now is the winter of our discontent   " * 3
    fresh = Tokenizer(trained.vocabulary)
    assert fresh.encode(text) == trained.encode(text)


def test_a_million_equal_letters_are_no_trouble(trained):
    text = "=" * 1_000_000
    ids = trained.encode_to_array(text)
    longest = max(
        len(token)
        for token in trained.vocabulary.ids
        if set(token) == {ord("=")}
    )
    assert longest > 32
    assert len(ids) == -(-1_000_000 // longest)
    assert trained.decode(ids) == text


def test_long_pieces_get_hugging_faces_ids(gpt2, gpt2_file):
    peer = HuggingFace.from_file(str(gpt2_file))
    letters = "".join(random.Random(1).choices("etaoinshrdlu", k=30_000))
    for text in (letters, "e" * 30_001, "ACGT" * 5000, "ß" * 20_000):
        assert gpt2.encode(text) == peer.encode(text).ids


def test_what_is_remembered_is_bounded(monkeypatch, trained):
    monkeypatch.setattr(encoder, "MAX_SEEN", 10)
    fresh = Encoder(trained.vocabulary)
    text = " ".join(map(str, range(2000))) + " Holofernes" * 30
    assert fresh.encode(text).tolist() == trained.encode(text)
    assert len(fresh._seen) <= 10
    fresh.encode("x" * 1000)
    assert "x" * 1000 not in fresh._seen
