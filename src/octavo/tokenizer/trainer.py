"""The fast trainer: the reference's merges, without counting again.

A merge changes few pairs: the two that touched it, at each place where it
was made. So the counts are kept and corrected instead of made anew, and
each pair knows the places where it stands. All distinct pre-tokens lie end
to end in one row of bytes; a pre-token that occurs n times weighs n.
"""

import os
from array import array
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.cutting import Cutter
from octavo.tokenizer.merging import GAP, without_overlaps
from octavo.tokenizer.pieces import PieceNumbers, Pieces, Places
from octavo.tokenizer.reference import Merge

Pair = tuple[int, int]
Seen = Places | list[int]
Group = tuple[int, Seen, int]  # a value, its places, and their weight
Progress = Callable[[int, int], None]

PROGRESS_EVERY = 64  # merges
MANY = 48  # places from which on NumPy is faster than a loop
AT_ONCE = 8  # stretches of text that a thread is given


@dataclass(frozen=True)
class PieceCounts:
    """The distinct pre-tokens of a corpus, end to end, and their counts."""

    data: NDArray[np.uint8]
    lengths: Places
    counts: Places


def count_pieces(
    texts: Iterable[str],
    pattern: str | None,
    num_threads: int | None = None,
) -> PieceCounts:
    """Count the pre-tokens of texts that come one by one, on all cores."""
    cutter = Cutter(pattern)
    stretches = chain.from_iterable(map(cutter.stretches, texts))
    tallies = [_Tally() for _ in range(num_threads or os.cpu_count() or 1)]

    def count(tally: _Tally, share: list[str]) -> None:
        for stretch in share:
            pieces = cutter.cut(stretch)
            tally.add(pieces, np.ones(len(pieces.lengths), np.int64))

    with ThreadPoolExecutor(len(tallies)) as threads:
        while some := list(islice(stretches, AT_ONCE * len(tallies))):
            shares = [some[n :: len(tallies)] for n in range(len(tallies))]
            list(threads.map(count, tallies, shares))
    first, *others = tallies
    for other in others:
        counted = other.result()
        starts = np.cumsum(counted.lengths) - counted.lengths
        data = counted.data.tobytes()
        first.add(Pieces(data, starts, counted.lengths), counted.counts)
    return first.result()


class _Tally:
    """Counts of pre-tokens, growing as text is read."""

    def __init__(self) -> None:
        self._numbers = PieceNumbers()
        self._data = [np.zeros(0, np.uint8)]
        self._lengths = [np.zeros(0, np.int64)]
        self._counts = np.zeros(0, np.int64)

    def add(self, pieces: Pieces, counts: Places) -> None:
        """Count pieces, each as often as `counts` says."""
        number, news = self._numbers.number(pieces)
        self._data.append(pieces.bytes_of(news))
        self._lengths.append(pieces.lengths[news])
        self._counts.resize(len(self._numbers), refcheck=False)
        # Floats, because NumPy's bincount weighs so; exact up to 2^53.
        self._counts += np.bincount(
            number, counts, minlength=len(self._numbers)
        ).astype(np.int64)

    def result(self) -> PieceCounts:
        """Return what was counted so far."""
        return PieceCounts(
            np.concatenate(self._data),
            np.concatenate(self._lengths),
            self._counts,
        )


def learn_merges(
    pieces: PieceCounts, num_merges: int, progress: Progress | None = None
) -> list[Merge]:
    """Return the merges that the reference learns from counted pre-tokens.

    Fewer than `num_merges` come back when no two tokens are left side by
    side. `progress` is told (merges made, merges wanted) now and then.
    """
    row = _Row(pieces)
    merges: list[Merge] = []
    while len(merges) < num_merges:
        if progress and len(merges) % PROGRESS_EVERY == 0:
            progress(len(merges), num_merges)
        best = row.queue.pop()
        if best is None:
            break
        pair, count = best
        left, right = pair
        merges.append(Merge((row.tokens[left], row.tokens[right]), count))
        row.merge(pair)
    if progress:
        progress(num_merges, num_merges)
    return merges


class _Queue:
    """Pairs by their counts, for counts that only fall.

    A pair waits in the bucket of a count that it had once. When that count
    is the greatest left, those that fell meanwhile move on to the bucket
    of their true count; the others are sorted by their bytes.
    """

    def __init__(
        self, counts: dict[Pair, int], tokens: Sequence[bytes]
    ) -> None:
        self._counts, self._tokens = counts, tokens
        self._buckets: dict[int, list[Pair]] = {}
        self._waiting: list[int] = []  # a heap of the buckets' counts, < 0
        self._now, self._ready = 0, list[Pair]()
        for pair, count in counts.items():
            self.push(pair, count)

    def push(self, pair: Pair, count: int) -> None:
        """Let a pair wait in the bucket of its count."""
        if count == self._now:
            insort(self._ready, pair, key=self._bytes)
        elif count in self._buckets:
            self._buckets[count].append(pair)
        else:
            self._buckets[count] = [pair]
            heappush(self._waiting, -count)

    def pop(self) -> tuple[Pair, int] | None:
        """Return the most frequent pair and its count, None for no pair.

        Among equals it is the one whose bytes are greatest.
        """
        while self._ready or self._waiting:
            if not self._ready:
                self._now = -heappop(self._waiting)
                bucket = self._buckets.pop(self._now)
                self._ready = sorted(self._still(bucket), key=self._bytes)
                continue
            pair = self._ready.pop()
            if self._still([pair]):
                return pair, self._now
        return None

    def _still(self, pairs: list[Pair]) -> list[Pair]:
        """Return the pairs whose count is true; let the others wait."""
        still = []
        for pair in pairs:
            count = self._counts.get(pair, 0)
            if count == self._now:
                still.append(pair)
            elif count:
                self.push(pair, count)
        return still

    def _bytes(self, pair: Pair) -> tuple[bytes, bytes]:
        return self._tokens[pair[0]], self._tokens[pair[1]]


class _Row:
    """All distinct pre-tokens as one row of bytes, cut into tokens.

    `heads` holds a token's id at the place of its first byte, `tails` at
    that of its last; between pre-tokens stands a GAP. `places` lists, from
    left to right, where each pair was seen to begin, and may name places
    where it stands no longer.
    """

    def __init__(self, pieces: PieceCounts) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.sizes = [1] * 256
        length = len(pieces.data) + len(pieces.lengths) + 1
        number = np.repeat(np.arange(len(pieces.lengths)), pieces.lengths)
        ids = np.full(length, GAP, np.int32)
        ids[np.arange(len(number)) + number + 1] = pieces.data
        weights = np.repeat(pieces.counts, pieces.lengths + 1)
        # Python reads its own arrays faster; NumPy shares their memory.
        self._heads = array("i", ids.tobytes())
        self._tails = array("i", ids.tobytes())
        self._weights = array("q", np.append(0, weights).tobytes())
        self.heads = np.frombuffer(self._heads, np.int32)
        self.tails = np.frombuffer(self._tails, np.int32)
        self.weights = np.frombuffer(self._weights, np.int64)
        self.counts: dict[Pair, int] = {}
        self.places: dict[Pair, Places | list[int]] = {}
        self._count_bytes()
        self.queue = _Queue(self.counts, self.tokens)

    def merge(self, pair: Pair) -> None:
        """Make a pair one new token wherever it stands, left to right."""
        left, right = pair
        new = len(self.tokens)
        self.tokens.append(self.tokens[left] + self.tokens[right])
        self.sizes.append(len(self.tokens[new]))
        seen = self.places.pop(pair)
        join = self._join if len(seen) < MANY else self._join_at_once
        before, after = join(pair, new, seen)
        for other, places, count in before:
            if other != GAP:
                # Where the neighbour is new too, it ended in `right`.
                old = right if other == new else other
                begins = _moved(places, -self.sizes[other])
                self._replace((old, left), (other, new), begins, count)
        for other, places, count in after:
            if other not in (GAP, new):  # that pair was before another
                self._replace((right, other), (new, other), places, count)
        self.counts.pop(pair, None)

    def _count_bytes(self) -> None:
        """Count the pairs of bytes, and find their places."""
        left, right = self.heads[:-1], self.heads[1:]
        at = np.flatnonzero((left != GAP) & (right != GAP))
        # In 16 bits, because NumPy sorts those much faster.
        pairs = (left[at] << 8 | right[at]).astype(np.uint16)
        for pair, places, count in _grouped(pairs, at, self.weights[at]):
            self.counts[divmod(pair, 256)] = count
            self.places[divmod(pair, 256)] = places

    def _join(
        self, pair: Pair, new: int, seen: Seen
    ) -> tuple[Iterable[Group], Iterable[Group]]:
        """Write a new token over its pair; return its neighbours."""
        left, right = pair
        heads, tails = self._heads, self._tails
        size, whole = self.sizes[left], self.sizes[new]
        at = []
        for place in seen:
            if heads[place] == left and heads[place + size] == right:
                heads[place], heads[place + size] = new, GAP
                tails[place + whole - 1] = new
                at.append(place)
        before: dict[int, list[int]] = defaultdict(list)
        after: dict[int, list[int]] = defaultdict(list)
        for place in at:
            before[tails[place - 1]].append(place)
            after[heads[place + whole]].append(place)
        return self._weighed(before), self._weighed(after)

    def _weighed(self, groups: dict[int, list[int]]) -> Iterator[Group]:
        """Add to each group of places what they weigh together."""
        for other, places in groups.items():
            yield other, places, sum([self._weights[p] for p in places])

    def _join_at_once(
        self, pair: Pair, new: int, seen: Seen
    ) -> tuple[Iterable[Group], Iterable[Group]]:
        """Do what `_join` does, at all places together."""
        left, right = pair
        heads, tails = self.heads, self.tails
        size, whole = self.sizes[left], self.sizes[new]
        at = np.asarray(seen)
        at = at[(heads[at] == left) & (heads[at + size] == right)]
        if left == right:
            at = without_overlaps(at, at + size)
        heads[at], heads[at + size] = new, GAP
        tails[at + whole - 1] = new
        weights = self.weights[at]
        before = _grouped(tails[at - 1], at, weights)
        return before, _grouped(heads[at + whole], at, weights)

    def _replace(
        self, old: Pair, fresh: Pair, places: Seen, count: int
    ) -> None:
        """Count a pair of the new token; count the one it was less."""
        rest = self.counts[old] - count
        if rest:
            self.counts[old] = rest
        else:
            del self.counts[old]
            self.places.pop(old, None)
        self.counts[fresh], self.places[fresh] = count, places
        self.queue.push(fresh, count)


def _grouped(
    values: NDArray[np.integer], places: Places, weights: Places
) -> Iterator[Group]:
    """Group places by value, in order; say what each group weighs."""
    if len(values) == 0:
        return
    order = np.argsort(values, kind="stable")
    values, places = values[order], places[order]
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    totals = np.add.reduceat(weights[order], starts).tolist()
    bounds = pairwise([*starts.tolist(), len(values)])
    for (start, end), total in zip(bounds, totals, strict=True):
        yield int(values[start]), places[start:end], total


def _moved(places: Seen, step: int) -> Seen:
    """Return places moved by so many bytes."""
    if isinstance(places, list):
        return [place + step for place in places]
    return places + step
