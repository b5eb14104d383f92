"""Byte-pair encoding, as short as the idea; the truth for the fast code.

Start from single bytes. Count which two tokens most often stand side by
side, make them one token, and count again. That list of merges is the
whole tokenizer: a new text is encoded by making the same merges in the
same order. Source: Gage, "A New Algorithm for Data Compression" (1994);
Sennrich, Haddow and Birch, arXiv:1508.07909; on bytes: Radford et al.
(2019).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from octavo.tokenizer.patterns import Splitter

Word = tuple[bytes, ...]  # a pre-token, cut into tokens


@dataclass(frozen=True, slots=True)
class Merge:
    """Two tokens that become one, and how often they stood together."""

    pair: tuple[bytes, bytes]
    count: int


def train_bpe(
    text: str, num_merges: int, pattern: str | None = None
) -> tuple[list[Merge], dict[int, bytes]]:
    """Learn merges from a text; return them and the vocabulary by id.

    Ids 0 to 255 are the bytes, id 256 + i is what merge i makes. Among
    pairs equally frequent the greater one wins, compared as bytes, left
    token first. Learning stops early when no two tokens stand side by side.
    """
    words = Counter(split(text, pattern))
    merges: list[Merge] = []
    while len(merges) < num_merges and (counts := count_pairs(words)):
        pair = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(Merge(pair, counts[pair]))
        words = Counter({merge(w, pair): n for w, n in words.items()})
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [left + right for left, right in (m.pair for m in merges)]
    return merges, dict(enumerate(tokens))


def encode(
    text: str, merges: Iterable[Merge], pattern: str | None = None
) -> list[int]:
    """Return a text's token ids: the merges made again, in their order."""
    pairs = [merge.pair for merge in merges]
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [left + right for left, right in pairs]
    ids = {token: index for index, token in enumerate(tokens)}
    encoded: list[int] = []
    for word in split(text, pattern):
        merged = reduce(merge, pairs, word)
        encoded += [ids[token] for token in merged]
    return encoded


def decode(ids: Iterable[int], vocab: dict[int, bytes]) -> str:
    """Return the text of token ids; what is no text becomes U+FFFD."""
    return b"".join(vocab[index] for index in ids).decode(errors="replace")


def split(text: str, pattern: str | None) -> list[Word]:
    """Return a text's pre-tokens, each cut into single bytes."""
    return [
        tuple(bytes([byte]) for byte in piece.encode())
        for piece in Splitter(pattern)(text)
    ]


def count_pairs(words: Counter[Word]) -> Counter[tuple[bytes, bytes]]:
    """Count the neighbours in all words, each word as often as it occurs.

    >>> count_pairs(Counter({(b"a", b"b", b"a"): 2}))
    Counter({(b'a', b'b'): 2, (b'b', b'a'): 2})
    """
    counts: Counter[tuple[bytes, bytes]] = Counter()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return counts


def merge(word: Sequence[bytes], pair: tuple[bytes, bytes]) -> Word:
    """Join each occurrence of a pair in a word, from left to right.

    >>> merge((b"a", b"a", b"a", b"b"), (b"a", b"a"))
    (b'aa', b'a', b'b')
    """
    merged: list[bytes] = []
    for token in word:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return tuple(merged)
