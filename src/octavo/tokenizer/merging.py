"""Merging: one pre-token, many of them side by side, or a very long one.

All three ways give what the reference gives. Merges are made in the order
of their ranks, from left to right, and a merge leads only to later ones.

Shapes: W rows, one more than the longest pre-token has tokens; M columns,
a pre-token each.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.pieces import Places, gather
from octavo.tokenizer.table import Table
from octavo.tokenizer.vocabulary import Pair, Vocabulary

Ids = NDArray[np.int32]
Ranks = NDArray[np.int32]

NEVER = (1 << 31) - 1  # the rank of two tokens that do not merge
GAP = -1  # no token: past the end, or where one was swallowed
# Pre-tokens of up to so many bytes are merged side by side; it costs the
# square of the width. Longer ones are merged alone.
WIDTHS = (8, 16, 32, 64, 128, 256, 512)


class MergeTable:
    """Which merge joins two tokens, asked for many places at once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.merges = vocabulary.merges
        self.made = np.array(vocabulary.made, np.int32)
        pairs = np.array(self.merges, np.int32).reshape(-1, 2)
        self._table = Table()
        _, sources = self._table.add(_as_key(pairs[:, 0], pairs[:, 1]))
        # The last rank is that of UNKNOWN, which is -1.
        self._ranks = np.append(sources, NEVER).astype(np.int32)
        byte_ids = [vocabulary.ids[bytes([byte])] for byte in range(256)]
        self.byte_ids = np.array(byte_ids, np.int32)
        # Pairs of bytes are asked for most: their ranks stand in a square.
        self.byte_ranks = self.ranks(
            np.repeat(self.byte_ids, 256), np.tile(self.byte_ids, 256)
        )

    def ranks(self, left: Ids, right: Ids) -> Ranks:
        """Return the rank of each pair's merge, or NEVER."""
        return self._ranks[self._table.find(_as_key(left, right))]


def _as_key(left: Ids, right: Ids) -> NDArray[np.uint64]:
    """Return pairs of ids as keys; one with a GAP is no merge's."""
    pairs = (left.astype(np.int64) << 32 | right) + 1
    return pairs.view(np.uint64)


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


def merge_pieces(
    data: NDArray[np.uint8], lengths: Places, table: MergeTable
) -> tuple[Ids, Places]:
    """Merge pre-tokens that lie end to end; return ids and new lengths."""
    starts = np.cumsum(lengths) - lengths
    merged: list[tuple[Places, Places, Ids]] = []
    for low, high in pairwise((0, *WIDTHS)):
        who = np.flatnonzero((low < lengths) & (lengths <= high))
        if len(who):
            some = gather(data, starts[who], lengths[who])
            merged += merge_block(some, lengths[who], who, table)
    for number in np.flatnonzero(lengths > WIDTHS[-1]):
        start, end = starts[number], starts[number] + lengths[number]
        long = merge_long(table.byte_ids[data[start:end]], table)
        merged.append((np.array([number]), np.array([len(long)]), long))
    return _in_order(merged)


def merge_block(
    data: NDArray[np.uint8], lengths: Places, who: Places, table: MergeTable
) -> Iterator[tuple[Places, Places, Ids]]:
    """Merge pre-tokens of about one length, a column each.

    In every round each column makes its next merge, and what is below moves
    up by one. Yields those that have none left: who, lengths, and ids.
    """
    columns, ranks = _as_columns(data, lengths, table)
    while len(who):
        place = ranks.argmin(axis=0)  # the lowest, of equals the leftmost
        best = ranks[place, np.arange(len(who))]
        done = best == NEVER
        if done.any():
            yield who[done], *_as_row(columns[:, done])
            left = np.flatnonzero(~done)
            columns = columns.take(left, axis=1)
            ranks = ranks.take(left, axis=1)
            who, place, best = who[left], place[left], best[left]
        columns[place, np.arange(len(who))] = table.made[best]
        columns, ranks = _close_up(columns, place), _close_up(ranks, place)
        _rank_anew(columns, ranks, place, table)


def _as_columns(
    data: NDArray[np.uint8], lengths: Places, table: MergeTable
) -> tuple[Ids, Ranks]:
    """Return bytes as columns (W, M), and each one's rank with the next.

    The last row holds gaps alone: every token has one below.
    """
    shape = lengths.max() + 1, len(lengths)
    column = np.repeat(np.arange(len(lengths)), lengths)
    ends = np.cumsum(lengths)
    row = np.arange(len(data)) - np.repeat(ends - lengths, lengths)
    within = np.full(len(data), NEVER, np.int32)
    within[:-1] = table.byte_ranks[
        data[:-1].astype(np.int64) << 8 | data[1:]
    ]
    within[ends - 1] = NEVER
    columns = np.full(shape, GAP, np.int32)
    columns[row, column] = table.byte_ids[data]
    ranks = np.full(shape, NEVER, np.int32)
    ranks[row, column] = within
    return columns, ranks


def _as_row(columns: Ids) -> tuple[Places, Ids]:
    """Return the lengths of columns, and their ids end to end."""
    there = columns.T != GAP
    return there.sum(axis=1), columns.T[there]


def _close_up(values: NDArray[np.int32], place: Places) -> Ids:
    """Drop the value below each column's place, and so the last row."""
    for row in range(1, len(values) - 1):
        below = place < row
        np.copyto(values[row], values[row + 1], where=below)
    return values[:-1]


def _rank_anew(
    columns: Ids, ranks: Ranks, place: Places, table: MergeTable
) -> None:
    """Look up how each column's new token merges with its neighbours."""
    every = np.arange(len(place))
    new = columns[place, every]
    ranks[place, every] = table.ranks(new, columns[place + 1, every])
    inner = np.flatnonzero(place)
    above = place[inner] - 1
    ranks[above, inner] = table.ranks(columns[above, inner], new[inner])


def _in_order(
    merged: list[tuple[Places, Places, Ids]],
) -> tuple[Ids, Places]:
    """Join what was merged, in the order of the pre-tokens."""
    if not merged:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    who, lengths, ids = map(np.concatenate, zip(*merged, strict=True))
    order = np.argsort(who)
    starts = (np.cumsum(lengths) - lengths)[order]
    return gather(ids, starts, lengths[order]), lengths[order]


def merge_long(ids: Ids, table: MergeTable) -> Ids:
    """Return the ids after all merges; time grows with the length alone.

    Goes through the merges that occur, in order of rank. A heap holds the
    ranks, `waiting` the places of each; a merge adds only later ones.
    """
    row = np.concatenate([[GAP], ids, [GAP]], dtype=np.int32)
    here = np.arange(len(row))
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
            at = without_overlaps(at, after[at])
        swallowed = after[at]
        row[at], row[swallowed] = table.made[rank], GAP
        after[at] = after[swallowed]
        before[after[at]] = at
        wait(np.concatenate([before[at], at]))
    merged: Ids = row[row != GAP]
    return merged


def without_overlaps(at: Places, following: Places) -> Places:
    """Keep every other place where a token's pairs with itself overlap.

    In "aaaaa" the pair (a, a) begins at 0, 1, 2 and 3; kept are 0 and 2.
    `following` are the places of the tokens after those at `at`.
    """
    touches = following[:-1] == at[1:]
    if not touches.any():
        return at
    number = np.arange(len(at))
    begins = np.append(True, ~touches)
    first = np.maximum.accumulate(np.where(begins, number, 0))
    kept: Places = at[(number - first) % 2 == 0]
    return kept
