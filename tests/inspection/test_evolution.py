"""The record of a sentence: chosen, kept, forgotten, read back."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from octavo.foundation import UserError
from octavo.inspection import AttentionRecord, Evolution, Sentence
from octavo.inspection.evolution import FILE_NAME, tokens_looked_at
from octavo.tokenizer import Tokenizer

from .conftest import make_model

SENTENCE = Sentence(text="To be", ids=list(b"To be"))


def held_out(text: str):
    tokenizer = Tokenizer.bytes()
    ids = tokenizer.encode_to_array(text)
    return SimpleNamespace(ids=ids), tokenizer


def test_the_sentence_is_the_first_fitting_line_after_the_middle():
    after = "\n".join(
        [
            "a line of twenty-eight torn",
            "too short",
            "and far, far too long to be drawn in a picture",
            "a line of twenty-seven here",
            "another line of twenty-eight",
            "the end",
        ]
    )
    before = "x" * (len(after) - 10)
    tokens, tokenizer = held_out(before + after)
    sentence = Sentence.choose(tokens, tokenizer)
    assert sentence.text == "a line of twenty-seven here"
    assert tokenizer.decode(sentence.ids) == sentence.text


def test_two_short_lines_make_a_sentence():
    text = "z" * 60 + "\n\nhalf a line\nand another half\n" + "z" * 10
    tokens, tokenizer = held_out(text)
    sentence = Sentence.choose(tokens, tokenizer)
    assert sentence.text == "half a line\nand another half"
    assert sentence.line == "half a line / and another half"
    assert sentence.cut(9, tokenizer).text == "half a li"
    assert sentence.cut(32, tokenizer) == sentence


def test_without_lines_it_is_what_stands_in_the_middle():
    tokens, tokenizer = held_out("abcdefghij" * 10)
    assert (
        Sentence.choose(tokens, tokenizer).text == ("abcdefghij" * 4)[:32]
    )
    assert Sentence.choose(*held_out("ab")).text == "b"


def test_moments_are_kept_and_read_back(tmp_path):
    record = AttentionRecord.reopen(tmp_path, 0, SENTENCE)
    models = [make_model(), make_model(qk_norm=False)]
    for step, model in zip((0, 4), models, strict=True):
        record.add(step, model)
    evolution = Evolution.read(tmp_path)
    assert evolution.sentence == SENTENCE
    assert evolution.steps == [0, 4]
    assert evolution.weights.shape == (2, 2, 4, 5, 5)
    assert evolution.weights.dtype == np.float16
    rows = evolution.weights.astype(float).sum(-1)
    np.testing.assert_allclose(rows, 1, atol=2e-3)
    assert not np.array_equal(*evolution.weights)


def test_reopening_forgets_what_came_after_the_step(tmp_path):
    record = AttentionRecord.reopen(tmp_path, 0, SENTENCE)
    for step in (0, 4, 9):
        record.add(step, make_model(qk_norm=step > 4))
    whole = (tmp_path / FILE_NAME).read_bytes()
    other = Sentence(text="Or not", ids=list(b"Or not"))
    again = AttentionRecord.reopen(tmp_path, 8, other)
    assert [step for step, _ in again.moments] == [0, 4]
    again.add(9, make_model(qk_norm=True))
    assert (tmp_path / FILE_NAME).read_bytes() == whole
    assert AttentionRecord.reopen(tmp_path, 0, other).moments == []
    assert AttentionRecord.reopen(tmp_path, 9, other).sentence == SENTENCE


def test_a_file_of_before_has_no_seal_and_is_read(tmp_path):
    AttentionRecord(tmp_path, SENTENCE).add(0, make_model())
    written = Evolution.read(tmp_path)
    tensors = load_file(tmp_path / FILE_NAME)
    del tensors["seal"]
    content = save(tensors, {"sentence": SENTENCE.text})
    (tmp_path / FILE_NAME).unlink()  # it is mapped: not to be overwritten
    (tmp_path / FILE_NAME).write_bytes(content)
    older = Evolution.read(tmp_path)
    assert (older.sentence, older.steps) == (SENTENCE, [0])
    assert np.array_equal(older.weights, written.weights)


def test_an_absent_or_damaged_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"has no attention\.safetensors"):
        Evolution.read(tmp_path)
    AttentionRecord(tmp_path, SENTENCE).add(0, make_model())
    path = tmp_path / FILE_NAME
    content, tensors = path.read_bytes(), load_file(path)
    for damaged in (
        content[:-1],
        b"",
        save({}),
        save(tensors | {"ids": tensors["ids"][1:]}),
        save(tensors | {"steps": torch.tensor([1, 2])}),
        save(tensors | {"weights": tensors["weights"][0]}),
        save(
            tensors | {"weights": tensors["weights"][..., 1:].contiguous()}
        ),
        save(tensors | {"weights": tensors["weights"].int()}),
        save(tensors | {"ids": tensors["ids"].float()}),
        save(tensors | {"more": tensors["ids"].clone()}),
    ):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"attention\.safetensors is d"):
            Evolution.read(tmp_path)


def test_the_spread_of_a_look_by_hand():
    one = [[1, 0], [1, 0]]
    even = [[1, 0], [0.5, 0.5]]
    spread = tokens_looked_at(np.array([one, even]))
    # One token in each row; and the mean of one token and of two.
    np.testing.assert_allclose(spread, [1.0, 1.5])
    thirds = np.full((3, 3), 1 / 3)
    assert tokens_looked_at(thirds) == pytest.approx(3.0)
