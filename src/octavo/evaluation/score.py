"""Bits per byte: how well a model foretells text that it has not seen.

The measure does not depend on the vocabulary, so that models with
different tokenizers can be compared: total surprise in bits, divided by the
length of the text in UTF-8 bytes.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from octavo.evaluation.ngrams import NgramModel
from octavo.foundation import UserError
from octavo.model import Transformer
from octavo.tokenizer import TokenFile, Tokenizer

Stretch = NDArray[np.integer]
BATCH_TOKENS = 4096  # are read together
HELD_LOGITS = 2**22  # numbers at once, 16 MB


@dataclass(frozen=True, kw_only=True)
class Score:
    """Total surprise over a text, and what it is divided by."""

    nats: float
    tokens: int
    bytes: int

    @property
    def nats_per_token(self) -> float:
        """The mean cross-entropy loss."""
        return self.nats / self.tokens

    @property
    def bits_per_byte(self) -> float:
        """The measure to compare models by."""
        return self.nats / math.log(2) / self.bytes

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens the model wavers."""
        return math.exp(min(self.nats_per_token, 700.0))

    def as_dict(self) -> dict[str, float | int]:
        """Return all of it by name."""
        return {
            "nats_per_token": self.nats_per_token,
            "bits_per_byte": self.bits_per_byte,
            "perplexity": self.perplexity,
            "tokens": self.tokens,
            "bytes": self.bytes,
        }


def stretches(
    tokens: TokenFile, tokenizer: Tokenizer
) -> tuple[list[Stretch], int]:
    """Cut a token file into what is scored by itself; count its bytes.

    In each stretch the first id is context only. With `<|endoftext|>` a
    stretch is a document, begun by it, and every byte is scored. Without
    it the whole file is one stretch, whose first token is not scored.
    """
    if tokenizer.end_of_text is None:
        whole: Stretch = tokens.ids
        if len(whole) < 2:
            raise UserError("the text is too short to be scored")
        first = len(tokenizer.decode_bytes([int(whole[0])]))
        return [whole], int(tokens.num_bytes.sum()) - first
    ends = [*tokens.starts[1:], len(tokens.ids)]
    cut: list[Stretch] = [
        tokens.ids[start:end]
        for start, end in zip(tokens.starts, ends, strict=True)
    ]
    return cut, int(tokens.num_bytes.sum())


def score_model(
    model: Transformer,
    tokens: TokenFile,
    tokenizer: Tokenizer,
    progress: Callable[[int, int], None] | None = None,
) -> Score:
    """Score a model on a whole token file, in windows of its context.

    The windows do not overlap: a token's prediction sees what stands before
    it in its own window. `progress` is told windows done and in all.
    """
    cut, num_bytes = stretches(tokens, tokenizer)
    context = model.config.context
    total = sum(1 for _ in windows(cut, context))
    nats, count, done = 0.0, 0, 0
    for batch in batched_windows(cut, context):
        nats += float(window_nats(model, batch).sum(dtype=np.float64))
        count += batch[:, 1:].size
        done += len(batch)
        if progress:
            progress(done, total)
    return Score(nats=nats, tokens=count, bytes=num_bytes)


def windows(cut: Iterable[Stretch], context: int) -> Iterator[Stretch]:
    """Yield the windows of every stretch, of up to T + 1 ids each.

    A window's last id is the next one's first: there it was predicted, here
    it is read.
    """
    for stretch in cut:
        for start in range(0, len(stretch) - 1, context):
            yield stretch[start : start + context + 1]


def batched_windows(
    cut: Iterable[Stretch], context: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the windows (B, T + 1), those of one length together.

    A batch has about as many tokens whatever the context is.
    """
    most = max(1, BATCH_TOKENS // context)
    by_length: dict[int, list[Stretch]] = {}
    for window in windows(cut, context):
        same = by_length.setdefault(len(window), [])
        same.append(window)
        if len(same) == most:
            yield np.stack(by_length.pop(len(window))).astype(np.int64)
    for same in by_length.values():
        yield np.stack(same).astype(np.int64)


def window_nats(
    model: Transformer, windows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return -ln p of every id but the first: (B, T + 1) to (B, T).

    Where the vocabulary is large, the logits of a few tokens at a time.
    """
    ids = torch.from_numpy(windows).to(model.embedding.weight.device)
    few = max(1, HELD_LOGITS // model.config.vocab_size)
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        hidden = model.hidden(ids[:, :-1]).flatten(0, 1)
        right = ids[:, 1:].flatten()
        nats = [
            functional.cross_entropy(
                model.head(x).float(), y, reduction="none"
            )
            for x, y in zip(
                torch.split(hidden, few),
                torch.split(right, few),
                strict=True,
            )
        ]
    model.train(was_training)
    return torch.cat(nats).view(ids.shape[0], -1).cpu().numpy()


def score_ngrams(
    model: NgramModel, tokens: TokenFile, tokenizer: Tokenizer
) -> Score:
    """Score an n-gram model on the same tokens, each with all before it."""
    cut, num_bytes = stretches(tokens, tokenizer)
    nats = sum(float(model.nats(stretch)[1:].sum()) for stretch in cut)
    count = sum(len(stretch) - 1 for stretch in cut)
    return Score(nats=nats, tokens=count, bytes=num_bytes)
