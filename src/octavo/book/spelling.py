"""Every word of the book is in a dictionary, or in the book's own list.

The dictionary is American; `words.txt` holds the spellings and the terms
that the book adds to it, one a line.
"""

import re
from collections.abc import Iterable, Iterator, Set
from functools import cache
from pathlib import Path

from spellchecker import SpellChecker

from octavo.book.document import Chapter, Text
from octavo.foundation import did_you_mean

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def spelling_faults(chapters: Iterable[Chapter], own: Path) -> list[str]:
    """Return a line for each word that nobody knows, where it first is.

    A word of the book's list that no chapter uses is a fault too.
    """
    listed = set(own.read_text("utf-8").split() if own.exists() else "")
    unused, faults = set(listed), dict[str, str]()
    for chapter in chapters:
        for line, word in words_of(chapter):
            forms = {word, word.lower(), word.removesuffix("'s")}
            unused -= forms
            if word not in faults and not is_known(forms, listed):
                hint = did_you_mean(word, listed)
                where = chapter.where(line)
                faults[word] = (
                    f'{where}: no dictionary knows "{word}"{hint}'
                )
    lines = list(faults.values())
    if lines:
        lines.append(f"(what is right there goes into {own.name})")
    return lines + [
        f'{own.name}: no chapter uses "{word}"' for word in sorted(unused)
    ]


def is_known(forms: Set[str], listed: Set[str]) -> bool:
    """Return whether a word, in one of its forms, may be written."""
    return not forms.isdisjoint(listed) or any(
        form.lower() in dictionary() for form in forms
    )


@cache
def dictionary() -> Set[str]:
    """Return the words that the dictionary has, in lower case."""
    return SpellChecker(language="en").word_frequency.dictionary.keys()


def words_of(chapter: Chapter) -> Iterator[tuple[int, str]]:
    """Yield the words of a chapter's sentences, and their lines."""
    for line, inline in chapter.inlines():
        if isinstance(inline, Text):
            for word in WORD.findall(inline.text):
                yield line, word.replace("\u2019", "'")
