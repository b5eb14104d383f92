"""A hash table for whole arrays of keys: a dictionary, many times over.

Looking a million words up in a dictionary is a million small steps of
Python. Here a key is a number or two, all keys are hashed at once, and
those that meet a wrong neighbour go on together to the next slot.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]

UNKNOWN = -1
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_MIX = np.uint64(0xD6E8FEB86659FD93)  # odd, with about half its bits set


class Table:
    """Gives distinct keys the numbers 0, 1, 2, ..., as they arrive.

    A key is a row of one or more words, given as an array for each word,
    and is never all zero. A slot holds a number and one, or 0 if it is
    empty; the key of an empty slot is all zero.
    """

    def __init__(self, words_in_key: int = 1) -> None:
        self.size = 0
        self._slots = np.zeros(1 << 12, np.int32)
        self._keys = [
            np.zeros(1 << 10, np.uint64) for _ in range(words_in_key)
        ]

    def find(self, *key: Words) -> Numbers:
        """Return the number of each key, or UNKNOWN."""
        slots = self._hash(key)
        found = self._slots[slots]
        wrong = np.flatnonzero(~self._equal(found, key))
        open_ = wrong[found[wrong] > 0]
        found[wrong] = 0
        while len(open_):
            slots[open_] = self._next(slots[open_])
            seen = self._slots[slots[open_]]
            right = self._equal(seen, [word[open_] for word in key])
            found[open_[right]] = seen[right]
            open_ = open_[~right & (seen > 0)]
        return np.subtract(found, 1, dtype=np.int64)

    def add(self, *key: Words) -> tuple[Numbers, Numbers]:
        """Give each key its number, and say where the new ones came from.

        Returns each key's number, and for each new number the place in the
        arrays of the key that it went to.
        """
        self._grow(self.size + len(key[0]))
        slots = self._hash(key)
        numbers = np.zeros(len(slots), np.int64)
        sources = [np.zeros(0, np.int64)]
        open_ = np.arange(len(slots))
        while len(open_):
            places = slots[open_]
            sources.append(self._claim(places, open_, key))
            seen = self._slots[places]
            right = self._equal(seen, [word[open_] for word in key])
            numbers[open_[right]] = seen[right] - 1
            open_ = open_[~right]
            slots[open_] = self._next(slots[open_])
        return numbers, np.concatenate(sources)

    def reserve(self, count: int) -> None:
        """Give away the next numbers, without keys."""
        self._grow(self.size + count)
        self.size += count

    def _claim(
        self, places: Numbers, keys: Numbers, key: Sequence[Words]
    ) -> Numbers:
        """Let one key have each empty slot; return the places of these.

        All write their mark into the slot that they want. The one that can
        be read back afterwards has won it.
        """
        empty = np.flatnonzero(self._slots[places] == 0)
        marks = -1 - np.arange(len(empty), dtype=np.int32)
        wanted = places[empty]
        self._slots[wanted] = marks
        won = self._slots[wanted] == marks
        winners: Numbers = keys[empty[won]]
        numbers = self.size + 1 + np.arange(len(winners))
        self._slots[wanted[won]] = numbers
        for kept, given in zip(self._keys, key, strict=True):
            kept[numbers] = given[winners]
        self.size += len(winners)
        return winners

    def _grow(self, size: int) -> None:
        """Make room for so many keys, with three quarters left empty."""
        room = 1 << (size + 1).bit_length()
        if size >= len(self._keys[0]):
            self._keys = [_extended(kept, room) for kept in self._keys]
        if 4 * size > len(self._slots):
            self._slots = np.zeros(4 * room, np.int32)
            self._rebuild()

    def _rebuild(self) -> None:
        """Put every number that has a key into its slot again."""
        open_ = np.arange(1, self.size + 1)
        open_ = open_[np.any([kept[open_] for kept in self._keys], axis=0)]
        slots = self._hash([kept[open_] for kept in self._keys])
        while len(open_):
            empty = self._slots[slots] == 0
            self._slots[slots[empty]] = open_[empty]
            left = self._slots[slots] != open_
            open_, slots = open_[left], self._next(slots[left])

    def _equal(
        self, found: NDArray[np.int32], key: Sequence[Words]
    ) -> NDArray[np.bool_]:
        """Return where the numbers found have the keys given."""
        equal: NDArray[np.bool_] = self._keys[0][found] == key[0]
        for kept, given in zip(self._keys[1:], key[1:], strict=True):
            equal &= kept[found] == given
        return equal

    def _hash(self, key: Sequence[Words]) -> Numbers:
        """Return a slot for each key: the highest bits of a product."""
        mixed = key[0] * _SPREAD
        for word in key[1:]:
            mixed ^= word * _MIX
            mixed *= _SPREAD
        bits = len(self._slots).bit_length() - 1
        slots: Numbers = (mixed >> np.uint64(64 - bits)).astype(np.int64)
        return slots

    def _next(self, slots: Numbers) -> Numbers:
        following: Numbers = (slots + 1) & (len(self._slots) - 1)
        return following


def _extended(words: Words, size: int) -> Words:
    longer = np.zeros(size, np.uint64)
    longer[: len(words)] = words
    return longer
