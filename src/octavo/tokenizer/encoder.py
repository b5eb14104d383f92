"""The fast encoder: the reference's ids, looked up where it can be.

Text repeats itself. A pre-token met before is not merged again: its ids are
kept, as the bytes of an array, so that a whole text is encoded by joining
byte strings. A new pre-token is merged in a short Python loop if it is
short, and by NumPy, all places of a pair at once, if it is long.
"""

from array import array
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.patterns import Splitter, check_text
from octavo.tokenizer.vocabulary import Pair, Vocabulary

Ids = NDArray[np.uint16] | NDArray[np.uint32]
Dtype = np.dtype[np.uint16] | np.dtype[np.uint32]
Places = NDArray[np.int64]

NEVER = 1 << 40  # the rank of two tokens that do not merge
GAP = -1  # the ends of a row, and places whose token was swallowed
LONG = 1200  # bytes; from here on NumPy is faster
MAX_SEEN = 1 << 17  # pre-tokens kept, and the longest of them in characters
MAX_SEEN_LENGTH = 64


class Encoder:
    """Turns text into ids by a vocabulary; special tokens are not known."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        fits = vocabulary.size <= 1 << 16
        self.dtype: Dtype = (
            np.dtype(np.uint16) if fits else np.dtype(np.uint32)
        )
        self._split = Splitter(vocabulary.pattern)
        self._byte_ids = [
            vocabulary.ids[bytes([byte])] for byte in range(256)
        ]
        self._merges = vocabulary.merges
        self._made = vocabulary.made
        self._ranks = {pair: rank for rank, pair in enumerate(self._merges)}
        self._table: RankTable | None = None
        self._seen = _SeenPieces(self)

    def encode(self, text: str) -> Ids:
        """Return the ids of a text, as a new array."""
        if not self._merges:  # each byte is a token
            check_text(text)
            return self._encode_bytes(text.encode())
        pieces = self._split(text)
        joined = bytearray().join(map(self._seen.__getitem__, pieces))
        return _as_ids(np.frombuffer(joined, self.dtype))

    def encode_piece(self, piece: bytes) -> bytes:
        """Merge a pre-token; return its ids, as the bytes of an array."""
        if len(piece) < LONG:
            ids = [self._byte_ids[byte] for byte in piece]
            short = merge_short(ids, self._ranks, self._made)
            return array(self.dtype.char, short).tobytes()
        if self._table is None:
            self._table = RankTable(self._merges, self._made)
        row = self._encode_bytes(piece).astype(np.int64)
        return merge_long(row, self._table).astype(self.dtype).tobytes()

    def _encode_bytes(self, data: bytes) -> Ids:
        ids = np.array(self._byte_ids, self.dtype)
        return _as_ids(ids[np.frombuffer(data, np.uint8)])


def _as_ids(array: NDArray[Any]) -> Ids:
    return cast("Ids", array)


class _SeenPieces(dict[str, bytes]):
    """From pre-token to ids, as bytes; missing ones are encoded."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder

    def __missing__(self, piece: str) -> bytes:
        ids = self._encoder.encode_piece(piece.encode())
        if len(self) >= MAX_SEEN:
            self.clear()
        if len(piece) <= MAX_SEEN_LENGTH:
            self[piece] = ids
        return ids


def merge_short(
    ids: list[int], ranks: dict[Pair, int], made: list[int]
) -> list[int]:
    """Merge a row of ids in place, earliest merge first, then leftmost.

    `row[i]` is the rank of the merge of ids i and i + 1.
    """
    row = [ranks.get(pair, NEVER) for pair in pairwise(ids)]
    while row and (rank := min(row)) != NEVER:
        place = row.index(rank)
        ids[place : place + 2] = [made[rank]]
        del row[place]
        if place > 0:
            pair = ids[place - 1], ids[place]
            row[place - 1] = ranks.get(pair, NEVER)
        if place < len(row):
            pair = ids[place], ids[place + 1]
            row[place] = ranks.get(pair, NEVER)
    return ids


class RankTable:
    """Which merge joins two tokens, asked for many places at once."""

    def __init__(self, merges: tuple[Pair, ...], made: list[int]) -> None:
        self.merges = merges
        self.made = made
        pairs = np.array(merges, np.int64)
        keys = pairs[:, 0] << 32 | pairs[:, 1]
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def ranks(self, left: Places, right: Places) -> Places:
        """Return the rank of each pair's merge, or NEVER."""
        wanted = left << 32 | right
        at = np.searchsorted(self._keys, wanted)
        at[at == len(self._keys)] = 0
        known = self._keys[at] == wanted
        ranks: Places = np.where(known, self._order[at], NEVER)
        return ranks


def merge_long(ids: Places, table: RankTable) -> Places:
    """Return the ids after all merges; time grows with the length alone.

    Goes through the merges that occur, in order of rank. A heap holds the
    ranks, `waiting` the places of each; a merge adds only later ones.
    """
    row: Places = np.concatenate([[GAP], ids, [GAP]])
    here = np.arange(len(row), dtype=np.int64)
    before, after = here - 1, here + 1
    waiting: dict[int, list[Places]] = {}
    heap: list[int] = []

    def wait(places: Places) -> None:
        ranks = table.ranks(row[places], row[after[places]])
        places, ranks = places[ranks < NEVER], ranks[ranks < NEVER]
        order = np.argsort(ranks, kind="stable")
        cuts = np.flatnonzero(np.diff(ranks[order], prepend=-1))
        for group in np.split(order, cuts)[1:]:
            rank = int(ranks[group[0]])
            if rank not in waiting:
                heappush(heap, rank)
            waiting.setdefault(rank, []).append(places[group])

    wait(here[:-1])
    while heap:
        rank = heappop(heap)
        left, right = table.merges[rank]
        at = np.sort(np.concatenate(waiting.pop(rank)))
        at = at[np.diff(at, prepend=-1) > 0]  # each place once
        at = at[(row[at] == left) & (row[after[at]] == right)]
        if left == right:
            at = _without_overlaps(at, after)
        swallowed = after[at]
        row[at], row[swallowed] = table.made[rank], GAP
        after[at] = after[swallowed]
        before[after[at]] = at
        wait(np.concatenate([before[at], at]))
    merged: Places = row[row != GAP]
    return merged


def _without_overlaps(at: Places, after: Places) -> Places:
    """Keep every other place where a token's pairs with itself overlap.

    In "aaaaa" the pair (a, a) begins at 0, 1, 2 and 3; kept are 0 and 2.
    """
    number = np.arange(len(at))
    begins = np.ones(len(at), bool)
    begins[1:] = after[at[:-1]] != at[1:]
    first = np.maximum.accumulate(np.where(begins, number, 0))
    kept: Places = at[(number - first) % 2 == 0]
    return kept
