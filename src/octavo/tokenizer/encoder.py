"""The fast encoder: the reference's ids, looked up where it can be.

Text repeats itself. Its pre-tokens are numbered, and the ids of each number
are kept; what is new in a stretch of text is merged, all of it together.
The ids of the whole stretch are then copied out in one go. For a line or
two that would be a long run-up: a short text takes the plain way, through a
dictionary.
"""

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from threading import local

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.cutting import CHUNK, Cutter
from octavo.tokenizer.merging import MergeTable, merge_pieces, merge_short
from octavo.tokenizer.patterns import Splitter, check_text
from octavo.tokenizer.pieces import PieceNumbers, Pieces, Places, gather
from octavo.tokenizer.vocabulary import Pair, Vocabulary

Ids = NDArray[np.unsignedinteger]  # uint16 where that is enough
Dtype = np.dtype[np.unsignedinteger]

SHORT = 1500  # characters; up to so many, the plain way is faster
AT_ONCE = 32  # stretches of text whose new pre-tokens are merged together
MAX_SEEN = 1 << 23  # bytes of pre-tokens that are remembered


class Encoder:
    """Turns text into ids by a vocabulary; special tokens are not known.

    Threads may share one: each remembers what it has seen for itself.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        fits = vocabulary.size <= 1 << 16
        self.dtype: Dtype = np.dtype(np.uint16 if fits else np.uint32)
        self._made = vocabulary.made
        self._merges = MergeTable(vocabulary)
        self._splitter = Splitter(vocabulary.pattern)
        self._cutter = Cutter(vocabulary.pattern)
        self._short = _ShortSeen(self)
        self._own = local()

    def encode(self, text: str) -> Ids:
        """Return the ids of a text, as a new array."""
        if not self._merges.merges:  # each byte is a token
            check_text(text)
            data = np.frombuffer(text.encode(), np.uint8)
            return self._merges.byte_ids[data].astype(self.dtype)
        if len(text) <= SHORT:
            pieces = self._splitter(text)
            joined = bytearray().join(map(self._short.__getitem__, pieces))
            return np.frombuffer(joined, self.dtype)
        encoded = []
        stretches = self._cutter(text)
        while some := list(islice(stretches, AT_ONCE)):
            encoded += self._encode_stretches(some)
        return np.concatenate(encoded)

    def encode_batch(self, texts: Iterable[str]) -> Iterator[Ids]:
        """Yield the ids of each text; merge what is new in many at once."""
        for some in _bundles(texts, AT_ONCE * CHUNK):
            long = [text for text in some if self._fits_a_batch(text)]
            cut = [list(self._cutter(text)) for text in long]
            parts = iter(self._encode_stretches(list(chain(*cut))))
            numbers = map(len, cut)
            for text in some:
                if self._fits_a_batch(text):
                    yield np.concatenate([*islice(parts, next(numbers))])
                else:
                    yield self.encode(text)

    def _fits_a_batch(self, text: str) -> bool:
        """Return whether a text is neither too short nor too long."""
        has_merges = bool(self._merges.merges)
        return has_merges and SHORT < len(text) < AT_ONCE * CHUNK

    def encode_piece(self, piece: bytes) -> bytes:
        """Merge one pre-token; return its ids, as an array's bytes."""
        ids = self._merges.byte_ids[np.frombuffer(piece, np.uint8)].tolist()
        merged = merge_short(ids, self._ranks, self._made)
        return array(self.dtype.char, merged).tobytes()

    def merge(
        self, data: NDArray[np.uint8], lengths: Places
    ) -> tuple[NDArray[np.int32], Places]:
        """Merge pre-tokens that lie end to end; return ids and lengths."""
        return merge_pieces(data, lengths, self._merges)

    @cached_property
    def _ranks(self) -> dict[Pair, int]:
        return {pair: n for n, pair in enumerate(self._merges.merges)}

    def _encode_stretches(self, stretches: list[Pieces]) -> list[Ids]:
        """Encode stretches of text; merge what is new in all of them."""
        seen: _Seen = getattr(self._own, "seen", _Seen(self.dtype))
        if seen.num_bytes > MAX_SEEN:
            seen = _Seen(self.dtype)
        self._own.seen = seen
        numbers = []
        data, lengths = [np.zeros(0, np.uint8)], [np.zeros(0, np.int64)]
        for pieces in stretches:
            number, news = seen.numbers.number(pieces)
            numbers.append(number)
            data.append(pieces.bytes_of(news))
            lengths.append(pieces.lengths[news])
        fresh = np.concatenate(data), np.concatenate(lengths)
        seen.remember(len(fresh[0]), *self.merge(*fresh))
        return [seen.ids_of(number) for number in numbers]


def _bundles(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield texts in lists that have about so many characters together."""
    some: list[str] = []
    room = size
    for text in texts:
        some.append(text)
        room -= len(text)
        if room <= 0:
            yield some
            some, room = [], size
    if some:
        yield some


class _ShortSeen(dict[str, bytes]):
    """From pre-token to ids, as bytes; missing ones are merged."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder
        self._num_bytes = 0

    def __missing__(self, piece: str) -> bytes:
        data = piece.encode()
        ids = self[piece] = self._encoder.encode_piece(data)
        self._num_bytes += len(data)
        if self._num_bytes > MAX_SEEN:
            self.clear()
            self._num_bytes = 0
        return ids


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
