"""The fast trainer: the reference's merges, without counting again.

A merge changes few pairs: the two that touched it, at each place where it
was made. So the counts are kept and corrected instead of made anew, and
each pair knows the places where it stands. All distinct pre-tokens lie end
to end in one row of ids; a pre-token that occurs n times weighs n.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise

from octavo.tokenizer.patterns import Splitter
from octavo.tokenizer.reference import Merge

Pair = tuple[int, int]
GAP = -1  # stands between pre-tokens, and where a token was swallowed
PROGRESS_EVERY = 64  # merges


def count_pieces(texts: Iterable[str], pattern: str | None) -> Counter[str]:
    """Count the pre-tokens of texts that come one by one."""
    splitter = Splitter(pattern)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(splitter(text))
    return counts


def learn_merges(
    pieces: Mapping[str, int],
    num_merges: int,
    progress: Callable[[int, int], None] | None = None,
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


class _Row:
    """All distinct pre-tokens as one linked row of ids, with its pairs.

    `before` and `after` link each place to its living neighbours; `places`
    lists, from left to right, where a pair was seen to begin, and may name
    places where it stands no longer.
    """

    def __init__(self, pieces: Mapping[str, int]) -> None:
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.ids = [GAP]
        self.weights = [0]
        for piece, times in pieces.items():
            word = piece.encode()
            self.ids += [*word, GAP]
            self.weights += [times] * (len(word) + 1)
        self.before = list(range(-1, len(self.ids) - 1))
        self.after = list(range(1, len(self.ids) + 1))
        self.counts: defaultdict[Pair, int] = defaultdict(int)
        self.places: defaultdict[Pair, list[int]] = defaultdict(list)
        for place, pair in enumerate(pairwise(self.ids)):
            if GAP not in pair:
                self.counts[pair] += self.weights[place]
                self.places[pair].append(place)
        self._descending = [_descending(token) for token in self.tokens]
        self._heap = [
            self._entry(pair, count) for pair, count in self.counts.items()
        ]
        heapify(self._heap)

    def most_frequent_pair(self) -> tuple[Pair, int] | None:
        """Return the most frequent pair and its count, None for no pair.

        A pair's count only falls once it is in the heap. An entry that has
        become too high is therefore put back with its true count, and the
        first entry that is true is the greatest.
        """
        while self._heap:
            claimed, _, _, pair = heappop(self._heap)
            count = self.counts[pair]
            if count == -claimed:
                return pair, count
            if count:
                heappush(self._heap, self._entry(pair, count))
            else:
                del self.counts[pair], self.places[pair]
        return None

    def merge(self, pair: Pair) -> None:
        """Make a pair one new token wherever it stands, left to right."""
        ids, before, after = self.ids, self.before, self.after
        weights, counts = self.weights, self.counts
        left, right = pair
        new = self._add_token(pair)
        fresh: defaultdict[Pair, list[int]] = defaultdict(list)
        for place in self.places.pop(pair):
            swallowed = after[place]
            if ids[place] != left or ids[swallowed] != right:
                continue  # another merge has been here
            ahead, behind = after[swallowed], before[place]
            ids[place], ids[swallowed] = new, GAP
            after[place], before[ahead] = ahead, place
            weight = weights[place]
            if (neighbour := ids[behind]) != GAP:
                counts[neighbour, left] -= weight
                counts[neighbour, new] += weight
                fresh[neighbour, new].append(behind)
            if (neighbour := ids[ahead]) != GAP:
                counts[right, neighbour] -= weight
                counts[new, neighbour] += weight
                fresh[new, neighbour].append(place)
        del counts[pair]
        for found, places in fresh.items():
            if count := counts[found]:  # not merged away again just now
                self.places[found] = places
                heappush(self._heap, self._entry(found, count))
            else:
                del counts[found]

    def _add_token(self, pair: Pair) -> int:
        token = self.tokens[pair[0]] + self.tokens[pair[1]]
        self.tokens.append(token)
        self._descending.append(_descending(token))
        return len(self.tokens) - 1

    def _entry(self, pair: Pair, count: int) -> tuple[int, str, str, Pair]:
        """Return a heap entry; of two, the pair to merge first is less."""
        left, right = pair
        return -count, self._descending[left], self._descending[right], pair


def _descending(token: bytes) -> str:
    """Return a key that sorts tokens backwards: the greatest comes first.

    Each byte becomes its distance from 255. The end mark is above all of
    them, so that a token comes after the longer ones that begin with it.
    """
    return token.translate(_BACKWARDS).decode("latin-1") + "\u0100"


_BACKWARDS = bytes(range(255, -1, -1))
