"""Numbering pre-tokens: text repeats itself, so each is worked on once.

A pre-token of up to 16 bytes is its own key: two words of eight bytes, with
zeros behind the last one. Longer ones are rare and go into a dictionary;
and so do those with zeros of their own.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from octavo.tokenizer.table import UNKNOWN, Table, Words

Places = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)

LONGEST_KEY = 16  # bytes
# The bits of a word that its first n bytes have, n from 0 to 8.
_KEPT = np.array([256**n - 1 for n in range(9)], np.uint64)


@dataclass(frozen=True)
class Pieces:
    """The pre-tokens of a stretch of text, as places in its UTF-8 bytes."""

    data: bytes
    starts: Places
    lengths: Places

    def bytes_of(self, chosen: Places) -> NDArray[np.uint8]:
        """Return the bytes of some of them, end to end."""
        data = np.frombuffer(self.data, np.uint8)
        return gather(data, self.starts[chosen], self.lengths[chosen])


class PieceNumbers:
    """Gives distinct pre-tokens the numbers 0, 1, 2, ..."""

    def __init__(self) -> None:
        self._table = Table(words_in_key=2)
        self._long: dict[bytes, int] = {}

    def __len__(self) -> int:
        return self._table.size

    def number(self, pieces: Pieces) -> tuple[Places, Places]:
        """Return each piece's number, and where new numbers first stood.

        The second array names, for every number that is new, in order, a
        place among `pieces` that has it.
        """
        is_long = pieces.lengths > LONGEST_KEY
        if 0 in pieces.data:
            zeros = np.flatnonzero(
                np.frombuffer(pieces.data, np.uint8) == 0
            )
            owners = np.searchsorted(pieces.starts, zeros, side="right") - 1
            is_long[owners] = True
        key = _keys(pieces)
        numbers = self._table.find(*key)
        news = np.flatnonzero((numbers == UNKNOWN) & ~is_long)
        numbers[news], sources = self._table.add(*(w[news] for w in key))
        late = self._number_long(pieces, np.flatnonzero(is_long), numbers)
        return numbers, np.concatenate([news[sources], late])

    def _number_long(
        self, pieces: Pieces, places: Places, numbers: Places
    ) -> Places:
        """Give the long ones their numbers; return the new ones."""
        data, known = pieces.data, self._long
        first = self._table.size
        starts = pieces.starts[places]
        ends = starts + pieces.lengths[places]
        news: list[int] = []
        for place, start, end in zip(
            places.tolist(), starts.tolist(), ends.tolist(), strict=True
        ):
            piece = data[start:end]
            number = known.get(piece, UNKNOWN)
            if number == UNKNOWN:
                number = known[piece] = first + len(news)
                news.append(place)
            numbers[place] = number
        self._table.reserve(len(news))
        return np.array(news, np.int64)


def gather(
    values: NDArray[T], starts: Places, lengths: Places
) -> NDArray[T]:
    """Return stretches of an array, end to end.

    >>> gather(np.array([5, 6, 7, 8]), np.array([2, 0]), np.array([2, 1]))
    array([7, 8, 5])
    """
    ends = np.cumsum(lengths)
    total = ends[-1] if len(ends) else 0
    shifts = np.repeat(starts - ends + lengths, lengths)
    gathered: NDArray[T] = values[np.arange(total) + shifts]
    return gathered


def _keys(pieces: Pieces) -> tuple[Words, Words]:
    """Return the first and the second eight bytes of each piece."""
    starts, lengths = pieces.starts, pieces.lengths
    padded = pieces.data + bytes(16)  # the last words end behind the data
    # Word i of this view is the eight bytes from place i on.
    words: Words = np.ndarray(
        (len(padded) - 7,), "<u8", padded, strides=(1,)
    )
    one = words[starts]
    one &= _KEPT[np.minimum(lengths, 8)]
    two = np.zeros(len(starts), np.uint64)
    second = np.flatnonzero(lengths > 8)
    kept = np.minimum(lengths[second], LONGEST_KEY) - 8
    two[second] = words[starts[second] + 8] & _KEPT[kept]
    return one, two
