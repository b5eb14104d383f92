"""The fast encoder: the reference's ids, looked up where it can be.

Text repeats itself. Its pre-tokens are numbered, and the ids of each number
are kept; what is new in a stretch of text is merged, all of it together.
The ids of the whole stretch are then copied out in one go.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from itertools import islice
from threading import local

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.cutting import Cutter
from octavo.tokenizer.merging import MergeTable, merge_pieces
from octavo.tokenizer.patterns import check_text
from octavo.tokenizer.pieces import PieceNumbers, Pieces, Places, gather
from octavo.tokenizer.vocabulary import Vocabulary

Ids = NDArray[np.unsignedinteger]  # uint16 where that is enough
Dtype = np.dtype[np.unsignedinteger]

AT_ONCE = 32  # stretches of text whose new pre-tokens are merged together
MAX_SEEN = 1 << 23  # bytes of pre-tokens that are remembered


class Encoder:
    """Turns text into ids by a vocabulary; special tokens are not known."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        fits = vocabulary.size <= 1 << 16
        self.dtype: Dtype = np.dtype(np.uint16 if fits else np.uint32)
        self._cutter = Cutter(vocabulary.pattern)
        self._merges = MergeTable(vocabulary)
        self._seen = _Seen(self.dtype)

    def encode(self, text: str) -> Ids:
        """Return the ids of a text, as a new array."""
        if not self._merges.merges:  # each byte is a token
            check_text(text)
            data = np.frombuffer(text.encode(), np.uint8)
            return self._merges.byte_ids[data].astype(self.dtype)
        encoded = [np.zeros(0, self.dtype)]
        stretches = self._cutter(text)
        while some := list(islice(stretches, AT_ONCE)):
            encoded += self._encode_stretches(some)
        return np.concatenate(encoded)

    def encode_batch(
        self, texts: Iterable[str], num_threads: int
    ) -> Iterator[Ids]:
        """Yield the ids of each text; each thread remembers for itself."""
        own = local()

        def encode(text: str) -> Ids:
            if not hasattr(own, "encoder"):
                own.encoder = copy(self)
                own.encoder._seen = _Seen(self.dtype)
            ids: Ids = own.encoder.encode(text)
            return ids

        with ThreadPoolExecutor(num_threads) as threads:
            yield from threads.map(encode, texts)

    def merge(
        self, data: NDArray[np.uint8], lengths: Places
    ) -> tuple[NDArray[np.int32], Places]:
        """Merge pre-tokens that lie end to end; return ids and lengths."""
        return merge_pieces(data, lengths, self._merges)

    def _encode_stretches(self, stretches: list[Pieces]) -> list[Ids]:
        """Encode stretches of text; merge what is new in all of them."""
        if self._seen.num_bytes > MAX_SEEN:
            self._seen = _Seen(self.dtype)
        numbers, data, lengths = [], [], []
        for pieces in stretches:
            number, news = self._seen.numbers.number(pieces)
            numbers.append(number)
            data.append(pieces.bytes_of(news))
            lengths.append(pieces.lengths[news])
        fresh = np.concatenate(data), np.concatenate(lengths)
        self._seen.remember(len(fresh[0]), *self.merge(*fresh))
        return [self._seen.ids_of(number) for number in numbers]


class _Seen:
    """The pre-tokens met so far, by number, and the ids of each."""

    def __init__(self, dtype: Dtype) -> None:
        self.numbers = PieceNumbers()
        self.num_bytes = 0
        self._ids = np.zeros(0, dtype)
        self._starts = np.zeros(0, np.int64)
        self._lengths = np.zeros(0, np.int64)

    def remember(
        self, num_bytes: int, ids: NDArray[np.int32], lengths: Places
    ) -> None:
        """Keep the ids of the pre-tokens that have the next numbers."""
        starts = len(self._ids) + np.cumsum(lengths) - lengths
        fresh = ids.astype(self._ids.dtype)
        self._ids = np.append(self._ids, fresh)
        self._starts = np.append(self._starts, starts)
        self._lengths = np.append(self._lengths, lengths)
        self.num_bytes += num_bytes

    def ids_of(self, numbers: Places) -> Ids:
        """Return the ids of numbered pre-tokens, end to end."""
        starts, lengths = self._starts[numbers], self._lengths[numbers]
        return gather(self._ids, starts, lengths)
