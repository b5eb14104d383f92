"""Copying: how much of a text stands word for word in another.

A model that repeats what it was trained on has written nothing. What counts
are words alone, in small letters, without signs.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

GRAM = 8  # words in a row, of which a copy is no accident
WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}]\w+)*")


class Source:
    """A text that may have been copied, by the places of its words."""

    def __init__(self, texts: Iterable[str]) -> None:
        places: dict[str, list[int]] = defaultdict(list)
        at = 1
        for text in texts:
            for word in words(text):
                places[word].append(at)
                at += 1
            at += 1  # nothing is copied across the end of a text
        self.size = at
        self.places = {
            word: np.array(where) for word, where in places.items()
        }

    def runs(self, text: str) -> list[int]:
        """Return for each word of a text how many, up to it, are a copy.

        That is the longest run of words which ends there and stands
        somewhere in the source.
        """
        nowhere = np.empty(0, np.int64)
        lengths = np.zeros(self.size, np.int32)  # of runs, by their end
        found, before = [], nowhere
        for word in words(text):
            here = self.places.get(word, nowhere)
            grown = lengths[here - 1] + 1
            lengths[before] = 0
            lengths[here] = grown
            found.append(int(grown.max(initial=0)))
            before = here
        return found


def copying(source: Source, texts: Iterable[str]) -> dict[str, float | int]:
    """Return the longest copied run, and the share of copied 8-grams."""
    longest = grams = copied = 0
    for text in texts:
        runs = source.runs(text)
        longest = max(longest, *runs, 0)
        ends = runs[GRAM - 1 :]
        grams += len(ends)
        copied += sum(run >= GRAM for run in ends)
    return {
        "longest_copy": longest,
        "copied_8grams": copied / grams if grams else 0.0,
    }


def words(text: str) -> list[str]:
    """Return the words of a text, in small letters."""
    return WORD.findall(text.casefold())
