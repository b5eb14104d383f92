"""Bits per byte by hand, and against transformers' own loss."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from octavo.evaluation import (
    NgramModel,
    Score,
    batched_windows,
    score_model,
    score_ngrams,
    stretches,
    window_nats,
)
from octavo.foundation import UserError
from octavo.interop import save_model
from octavo.model import ModelConfig, Transformer
from octavo.tokenizer import Tokenizer, write_tokens

from ..other_device import NAME

BYTES = Tokenizer.bytes()
WITH_END = Tokenizer.train(["nothing repeats"], 259)  # bytes and specials


class Bigram(nn.Module):
    """Foretells by the last byte alone, from a table of probabilities.

    What a byte's row leaves over goes to the byte 0, which never comes.
    """

    def __init__(self, table: dict[str, float], context: int) -> None:
        super().__init__()
        self.config = ModelConfig(vocab_size=259, context=context)
        shares = torch.zeros(259, 259)
        for pair, share in table.items():
            now, after = (ord(c) if c != "$" else 256 for c in pair)
            shares[now, after] = share
        shares[:, 0] = 1 - shares.sum(dim=1)
        self.embedding = nn.Embedding.from_pretrained(shares.log())
        self.head = nn.Identity()

    def hidden(self, ids: Tensor) -> Tensor:
        assert ids.shape[1] <= self.config.context
        return self.embedding(ids)


def token_file(tmp_path, tokenizer, *texts):
    documents = [(f"document {i}", text) for i, text in enumerate(texts)]
    return write_tokens(tmp_path / "tokens.npy", tokenizer, documents)


def test_a_score_divides_the_surprise():
    score = Score(nats=12 * math.log(2), tokens=4, bytes=6)
    assert score.bits_per_byte == pytest.approx(2.0)
    assert score.nats_per_token == pytest.approx(3 * math.log(2))
    assert score.perplexity == pytest.approx(8.0)
    assert score.as_dict() == {
        "nats_per_token": score.nats_per_token,
        "bits_per_byte": score.bits_per_byte,
        "perplexity": score.perplexity,
        "tokens": 4,
        "bytes": 6,
    }


def test_a_hopeless_model_still_has_a_score():
    score = Score(nats=1e6, tokens=1, bytes=1)
    assert math.isfinite(score.perplexity)


def test_a_known_model_by_hand(tmp_path):
    """`$` is <|endoftext|>; "abb" and "b" are foretold in turn.

    Window of two: ($ a b), (b b), ($ b); what is met is a after $ (1/2),
    b after a (1), b after b (1/8), and b after $ (1/2): five bits in all,
    on four bytes.
    """
    model = Bigram({"$a": 0.5, "$b": 0.5, "ab": 1.0, "bb": 0.125}, 2)
    tokens = token_file(tmp_path, WITH_END, "abb", "b")
    score = score_model(model, tokens, WITH_END)
    assert (score.tokens, score.bytes) == (4, 4)
    assert score.nats == pytest.approx(5 * math.log(2))
    assert score.bits_per_byte == pytest.approx(5 / 4)


def test_the_bytes_vocabulary_scores_all_but_the_first_byte(tmp_path):
    model = Bigram({"ab": 0.5, "ba": 0.25, "bb": 0.25}, 64)
    tokens = token_file(tmp_path, BYTES, "ab", "ba")
    score = score_model(model, tokens, BYTES)
    # One stretch, "abba": b after a, b after b, a after b.
    assert (score.tokens, score.bytes) == (3, 3)
    assert score.bits_per_byte == pytest.approx((1 + 2 + 2) / 3)


def test_guessing_blindly_costs_eight_bits_a_byte(tmp_path):
    config = ModelConfig(
        vocab_size=256, context=8, num_layers=1, width=16, num_heads=1,
        num_kv_heads=1, head_width=16, mlp_width=16,
    )  # fmt: skip
    model = Transformer(config)
    nn.init.zeros_(model.embedding.weight)  # the head too: all logits are 0
    text = "Ganz gleich, wie lang: é ist zwei Bytes."
    tokens = token_file(tmp_path, BYTES, text)
    score = score_model(model, tokens, BYTES)
    assert score.bytes == score.tokens == len(text.encode()) - 1
    assert score.bits_per_byte == pytest.approx(8.0, rel=1e-6)
    assert score.perplexity == pytest.approx(256.0, rel=1e-5)


def test_the_loss_is_transformers(tmp_path):
    torch.manual_seed(1)
    config = ModelConfig(
        vocab_size=259, context=64, num_layers=2, width=32, num_heads=2,
        num_kv_heads=2, head_width=16, mlp_width=48,
    )  # fmt: skip
    ours = Transformer(config)
    nn.init.normal_(ours.embedding.weight, std=0.5)  # far from uniform
    save_model(ours, tmp_path / "model")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokens = token_file(tmp_path, WITH_END, "Forty winters, and a day.")
    ids = torch.from_numpy(tokens.ids.astype(np.int64))[None]
    loss = theirs(ids, labels=ids).loss.item()
    score = score_model(ours, tokens, WITH_END)
    assert score.nats_per_token == pytest.approx(loss, rel=1e-5)
    assert score.tokens == 25


def test_windows_share_one_id_and_nothing_more():
    stretch = np.arange(10, dtype=np.uint16)
    windows = list(batched_windows([stretch, stretch[:5]], context=4))
    assert [batch.tolist() for batch in windows] == [
        [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8], [0, 1, 2, 3, 4]],
        [[8, 9]],
    ]
    assert all(batch.dtype == np.int64 for batch in windows)
    foretold = sorted(i for w in windows[:2] for i in w[:, 1:].ravel())
    assert foretold == sorted([*range(1, 10), *range(1, 5)])


def test_a_batch_holds_as_many_tokens_whatever_the_context():
    stretch = np.zeros(2 * 4096 + 1, dtype=np.uint16)
    for context, wanted in ((512, [8, 8]), (1024, [4, 4]), (8192, [1])):
        batches = batched_windows([stretch], context)
        assert [len(batch) for batch in batches] == wanted


def test_a_document_is_a_stretch_if_the_vocabulary_can_begin_one(tmp_path):
    tokens = token_file(tmp_path, WITH_END, "ab", "", "é")
    cut, num_bytes = stretches(tokens, WITH_END)
    end = WITH_END.end_of_text
    assert [c.tolist() for c in cut] == [
        [end, 97, 98],
        [end],
        [end, *"é".encode()],
    ]
    assert num_bytes == 4
    # The empty document has nothing to foretell.
    assert score_ngrams(
        NgramModel.train(tokens.ids, 2, 259), tokens, WITH_END
    ).tokens == 4  # fmt: skip


def test_a_text_of_one_byte_cannot_be_scored(tmp_path):
    tokens = token_file(tmp_path, BYTES, "a")
    with pytest.raises(UserError, match="too short to be scored"):
        stretches(tokens, BYTES)


def test_n_grams_are_scored_on_the_same_tokens_and_bytes(tmp_path):
    # Trained on nothing, an n-gram model is its uniform floor.
    blind = NgramModel.train(np.array([], np.int64), 3, 256)
    tokens = token_file(tmp_path, BYTES, "any text at all")
    score = score_ngrams(blind, tokens, BYTES)
    assert (score.tokens, score.bytes) == (14, 14)
    assert score.bits_per_byte == pytest.approx(8.0)


def test_scoring_leaves_the_mode_as_it_was_and_drops_nothing(tmp_path):
    torch.manual_seed(0)
    config = ModelConfig(
        vocab_size=256, context=8, num_layers=1, width=16, num_heads=1,
        num_kv_heads=1, head_width=16, mlp_width=16, dropout=0.5,
    )  # fmt: skip
    model = Transformer(config).train()
    windows = np.array([[1, 2, 3, 4]])
    first, second = (window_nats(model, windows) for _ in range(2))
    assert model.training
    assert first.tolist() == second.tolist()
    assert first.shape == (1, 3)


def test_logits_of_a_large_vocabulary_are_held_in_parts(monkeypatch):
    """Those of 3 tokens at a time, and the same surprise."""
    torch.manual_seed(0)
    model = Transformer(ModelConfig(vocab_size=30, context=8, width=32))
    ids, sizes = np.arange(18).reshape(2, 9), []
    expected = window_nats(model, ids)
    monkeypatch.setattr("octavo.evaluation.score.HELD_LOGITS", 100)
    model.head.register_forward_hook(
        lambda *each: sizes.append(each[-1].numel())
    )
    found = window_nats(model, ids)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert sizes == 5 * [90] + [30]


def test_progress_counts_windows(tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.evaluation.score.BATCH_TOKENS", 32)
    model = Bigram({"aa": 1.0}, 2)
    tokens = token_file(tmp_path, BYTES, "a" * 75)
    told = []
    score_model(model, tokens, BYTES, lambda *both: told.append(both))
    assert told == [(16, 37), (32, 37), (37, 37)]


def test_a_model_on_another_device_is_scored_the_same(other_device):
    torch.manual_seed(0)
    model = Transformer(ModelConfig(vocab_size=30, context=8, width=32))
    ids = np.arange(18).reshape(2, 9)
    expected = window_nats(model, ids)
    found = window_nats(model.to(NAME), ids)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
