"""The fast trainer: the reference's merges, without counting again.

A merge changes few pairs: the two that touched it, at each place where it
was made. So the counts are kept and corrected instead of made anew, and
each pair knows the places where it stands. All distinct pre-tokens lie end
to end in one row of bytes; a pre-token that occurs n times weighs n.
"""

from array import array
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.cutting import Cutter
from octavo.tokenizer.merging import GAP, without_overlaps
from octavo.tokenizer.pieces import PieceNumbers, Places
from octavo.tokenizer.reference import Merge

Pair = tuple[int, int]
Seen = Places | list[int]
Group = tuple[int, Seen, int]  # a value, its places, and their weight
Progress = Callable[[int, int], None]

PROGRESS_EVERY = 64  # merges
# Of N pre-tokens of English, the k-th pair to merge is about N / 5k.
CAUTION = 0.1  # half of that can safely be expected of the last one
MANY = 64  # places from which on NumPy is faster than a loop


@dataclass(frozen=True)
class PieceCounts:
    """The distinct pre-tokens of a corpus, end to end, and their counts."""

    data: NDArray[np.uint8]
    lengths: Places
    counts: Places


def count_pieces(texts: Iterable[str], pattern: str | None) -> PieceCounts:
    """Count the pre-tokens of texts that come one by one."""
    cutter, numbers = Cutter(pattern), PieceNumbers()
    data = [np.zeros(0, np.uint8)]
    lengths = [np.zeros(0, np.int64)]
    counts = np.zeros(0, np.int64)
    for pieces in chain.from_iterable(map(cutter, texts)):
        number, news = numbers.number(pieces)
        counts.resize(len(numbers), refcheck=False)
        counts += np.bincount(number, minlength=len(numbers))
        data.append(pieces.bytes_of(news))
        lengths.append(pieces.lengths[news])
    return PieceCounts(
        np.concatenate(data), np.concatenate(lengths), counts
    )


def learn_merges(
    pieces: PieceCounts, num_merges: int, progress: Progress | None = None
) -> list[Merge]:
    """Return the merges that the reference learns from counted pre-tokens.

    Fewer than `num_merges` come back when no two tokens are left side by
    side. `progress` is told (merges made, merges wanted) now and then.
    """
    row = _Row(pieces, num_merges)
    merges: list[Merge] = []
    while len(merges) < num_merges:
        if progress and len(merges) % PROGRESS_EVERY == 0:
            progress(len(merges), num_merges)
        best = row.most_frequent_pair()
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
    left to right, where the second token of each pair was seen to begin,
    and may name places where the pair stands no longer.

    Most pairs are rare and never merged. Those that occur less often than
    `floor` are therefore not kept; should the others run out, the floor is
    lowered and the row counted anew. Counts only fall, so none is missed.
    """

    def __init__(self, pieces: PieceCounts, num_merges: int) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.sizes = [1] * 256
        length = len(pieces.data) + len(pieces.lengths) + 1
        # Python reads its own arrays faster; NumPy shares their memory.
        self._heads = array("i", [GAP]) * length
        self._weights = array("q", [0]) * length
        self.heads = np.frombuffer(self._heads, np.int32)
        self.weights = np.frombuffer(self._weights, np.int64)
        number = np.repeat(np.arange(len(pieces.lengths)), pieces.lengths)
        number += np.arange(1, len(number) + 1)  # each one's place
        self.heads[number] = pieces.data
        self.weights[1:] = np.repeat(pieces.counts, pieces.lengths + 1)
        self._tails = self._heads[:]
        self.tails = np.frombuffer(self._tails, np.int32)
        expected = pieces.counts.sum() / max(1, num_merges)
        self.floor = int(expected * CAUTION)
        self._count_pairs()

    def most_frequent_pair(self) -> tuple[Pair, int] | None:
        """Return the most frequent pair and its count, None for no pair."""
        best = self.queue.pop()
        while self.floor > 1 and (best is None or best[1] < self.floor):
            self.floor //= 8
            self._count_pairs()
            best = self.queue.pop()
        return best

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
                self._replace((old, left), (other, new), places, count)
        for other, places, count in after:
            if other not in (GAP, new):  # that one counts it as before it
                self._replace((right, other), (new, other), places, count)
        self.counts.pop(pair, None)

    def _replace(
        self, old: Pair, fresh: Pair, places: Seen, count: int
    ) -> None:
        """Count a pair of the new token; count the one it was less."""
        counts = self.counts
        if count >= self.floor:
            counts[fresh], self.places[fresh] = count, places
            self.queue.push(fresh, count)
        if old in counts:
            counts[old] -= count
            if not counts[old]:
                del counts[old]
                self.places.pop(old, None)

    def _count_pairs(self) -> None:
        """Count all pairs, and find the places of those to keep."""
        self.counts: dict[Pair, int] = {}
        self.places: dict[Pair, Seen] = {}
        size = len(self.tokens)
        for pair, places, count in _grouped(*self._pairs(), self.weights):
            if count >= self.floor:
                self.counts[divmod(pair, size)] = count
                self.places[divmod(pair, size)] = places
        self.queue = _Queue(self.counts, self.tokens)

    def _pairs(self) -> tuple[NDArray[np.integer], Places]:
        """Return all pairs, each as one number, and their places."""
        first = np.flatnonzero(self.heads != GAP)
        at = first + np.array(self.sizes)[self.heads[first]]
        inside = self.heads[at] != GAP
        first, at = first[inside], at[inside]
        size = len(self.tokens)
        pairs = self.heads[first] * np.int64(size) + self.heads[at]
        # In 16 bits where they are enough: NumPy sorts those much faster.
        return pairs.astype(np.uint16 if size <= 256 else np.int64), at

    def _join(
        self, pair: Pair, new: int, seen: Seen
    ) -> tuple[Iterable[Group], Iterable[Group]]:
        """Write a new token over its pair; return its neighbours."""
        left, right = pair
        heads, tails = self._heads, self._tails
        size, rest = self.sizes[left], self.sizes[right]
        before: dict[int, list[int]] = defaultdict(list)
        after: dict[int, list[int]] = defaultdict(list)
        at = []
        for place in seen if isinstance(seen, list) else seen.tolist():
            if heads[place] == right and tails[place - 1] == left:
                heads[place - size], heads[place] = new, GAP
                tails[place + rest - 1] = new
                at.append(place)
        for place in at:
            first, end = place - size, place + rest
            before[tails[first - 1]].append(first)
            after[heads[end]].append(end)
        return self._weighed(before), self._weighed(after)

    def _weighed(self, groups: dict[int, list[int]]) -> Iterator[Group]:
        """Add to each group of places what they weigh together."""
        weights = self._weights
        for other, places in groups.items():
            if other != GAP:
                weight = sum([weights[place] for place in places])
                yield other, places, weight

    def _join_at_once(
        self, pair: Pair, new: int, seen: Seen
    ) -> tuple[Iterable[Group], Iterable[Group]]:
        """Do what `_join` does, at all places together."""
        left, right = pair
        heads, tails = self.heads, self.tails
        size, rest = self.sizes[left], self.sizes[right]
        at = np.asarray(seen)
        at = at[(heads[at] == right) & (tails[at - 1] == left)]
        if left == right:
            at = without_overlaps(at, at + size)
        first, end = at - size, at + rest
        heads[first], heads[at] = new, GAP
        tails[end - 1] = new
        before = _grouped(tails[first - 1], first, self.weights)
        return before, _grouped(heads[end], end, self.weights)


def _grouped(
    values: NDArray[np.integer], places: Places, weights: Places
) -> Iterator[Group]:
    """Group places by value, in order; say what each group weighs.

    `weights` are those of all places there are.
    """
    if len(values) == 0:
        return iter(())
    order = np.argsort(values, kind="stable")
    values, places = values[order], places[order]
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    totals = np.add.reduceat(weights[places], starts).tolist()
    bounds = pairwise([*starts.tolist(), len(values)])
    groups = [places[start:end] for start, end in bounds]
    return zip(values[starts].tolist(), groups, totals, strict=True)
