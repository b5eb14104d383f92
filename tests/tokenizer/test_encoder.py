import random
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from multiprocessing import get_context

import numpy as np
import pytest
from tokenizers import Tokenizer as HuggingFace

from octavo.tokenizer import Tokenizer, cutting, encoder, train_bpe
from octavo.tokenizer.encoder import Encoder
from octavo.tokenizer.reference import encode


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
    monkeypatch.setattr(encoder, "MAX_SEEN", 1000)
    monkeypatch.setattr(encoder, "AT_ONCE", 1)
    words = ["".join(word) for word in product("abcdefghij", repeat=3)]
    texts = [" ".join(words[n : n + 50]) for n in range(0, 1000, 50)]
    for short in (0, 10**9):
        monkeypatch.setattr(encoder, "SHORT", short)
        fresh = Encoder(trained.vocabulary)
        for text in [*texts, "x" * 900, *texts]:
            assert fresh.encode(text).tolist() == trained.encode(text)
        assert len(fresh._short) < 300
        if short == 0:
            assert fresh._own.seen.num_bytes < 1300


def test_texts_short_and_long_are_encoded_alike(
    monkeypatch, trained, awkward
):
    text = "Now is the winter of our discontent made glorious\n" * 40
    texts = [*awkward, text, "".join(awkward) + text]
    monkeypatch.setattr(encoder, "SHORT", 10**9)
    expected = [trained.encode(text) for text in texts]
    monkeypatch.setattr(encoder, "SHORT", 0)
    monkeypatch.setattr(cutting, "CHUNK", 5)
    for at_once in (1, 3):
        monkeypatch.setattr(encoder, "AT_ONCE", at_once)
        fresh = Encoder(trained.vocabulary)
        ids = [fresh.encode(text).tolist() for text in texts if text]
        assert ids == [ids for ids in expected if ids]


def test_threads_may_share_a_tokenizer(trained, awkward):
    texts = [f"{n} {''.join(awkward)} {n}" for n in range(12)]
    expected = [trained.encode(text) for text in texts]
    shared = Tokenizer(trained.vocabulary)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(shared.encode, texts * 3)) == expected * 3


@pytest.mark.parametrize("chunk", [1 << 18, 200])
def test_a_batch_has_the_ids_of_its_texts(
    monkeypatch, trained, awkward, chunk
):
    monkeypatch.setattr(encoder, "CHUNK", chunk)
    texts = [*awkward, "To be, or not to be " * 500] * 3
    batch = trained.encode_batch(iter(texts))
    assert [ids.tolist() for ids in batch] == [
        trained.encode(text) for text in texts
    ]
    assert {ids.dtype for ids in batch} == {trained.dtype}


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_has_the_ids_of_its_text(
    monkeypatch, trained, qwen2_file, awkward, size
):
    monkeypatch.setattr(cutting, "CHUNK", 50)
    prose = "It is the east,\nand Juliet is the sun. " * 99
    text = prose + "".join(awkward)
    blocks = [text[i : i + size] for i in range(0, len(text), size)]
    odd = Tokenizer.train([text], 300, r"\w+|\W", ())
    for tokenizer in (trained, Tokenizer.load(qwen2_file), odd):
        parts = list(tokenizer.encode_stream(iter(blocks)))
        assert np.concatenate(parts).tolist() == tokenizer.encode(text)
        assert tokenizer is odd or len(parts) > 50


def test_a_tokenizer_can_be_sent_to_another_process(trained):
    trained.encode("To be, or not to be " * 500)
    with get_context("spawn").Pool(1) as pool:
        ids = pool.map(trained.encode, ["Or not to be"])
    assert ids == [trained.encode("Or not to be")]
