"""A longer corpus by rule, for benchmarks that need more than there is.

Repeating a text adds no new word, and makes counting its words cheap. So
each repetition respells some of the rare words: the common ones stay, as
in real text, and new ones keep turning up, each of them rarely.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

WORD = re.compile(r"[A-Za-z]+")
RARE = 20  # occurrences, at most
ONE_IN = 3  # of the rare words, how many are respelled
VOWELS = "aeiou"
CONSONANTS = "".join(c for c in string.ascii_lowercase if c not in VOWELS)
RULE = (
    f"In repetition k = 1, 2, ... a word that occurs at most {RARE} times "
    f"is respelled if crc32 of '<k> <word>' in small letters is divisible "
    f"by {ONE_IN}: each vowel becomes the k-th after it among {VOWELS}, "
    "each consonant the k-th after it among the consonants, around the end."
)


def lengthen(documents: Sequence[str], times: int) -> Iterator[str]:
    """Yield documents `times` times over, respelled from the second on."""
    counts = Counter(
        word.lower() for text in documents for word in WORD.findall(text)
    )
    rare = {word for word, count in counts.items() if count <= RARE}
    yield from documents
    for repetition in range(1, times):
        yield from _respell(documents, rare, repetition)


def _respell(
    documents: Iterable[str], rare: set[str], repetition: int
) -> Iterator[str]:
    moved = str.maketrans(
        _both_cases(VOWELS + CONSONANTS),
        _both_cases(
            _turned(VOWELS, repetition) + _turned(CONSONANTS, repetition)
        ),
    )

    def spell(match: re.Match[str]) -> str:
        word = match[0].lower()
        chosen = word in rare and not (
            crc32(f"{repetition} {word}".encode()) % ONE_IN
        )
        return match[0].translate(moved) if chosen else match[0]

    for text in documents:
        yield WORD.sub(spell, text)


def _turned(letters: str, by: int) -> str:
    """Return letters turned around.

    >>> _turned("aeiou", 2)
    'iouae'
    """
    by %= len(letters)
    return letters[by:] + letters[:by]


def _both_cases(letters: str) -> str:
    return letters + letters.upper()
