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
from octavo.foundation import UserError, did_you_mean

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def check_spelling(chapters: Iterable[Chapter], own: Path) -> None:
    """Raise UserError for the first word that nobody knows.

    A word of the book's list that no chapter uses is an error too.
    """
    known = dictionary()
    listed = set(own.read_text("utf-8").split() if own.exists() else "")
    unused = set(listed)
    for chapter in chapters:
        for line, word in words_of(chapter):
            forms = [word, word.lower(), word.removesuffix("'s")]
            unused.difference_update(forms)
            if not any(form in listed for form in forms) and not any(
                form.lower() in known for form in forms
            ):
                hint = did_you_mean(word, listed)
                raise UserError(
                    f'{chapter.where(line)}: no dictionary knows "{word}"'
                    f"{hint or f'; add it to {own.name} if it is right'}"
                )
    for word in sorted(unused):
        raise UserError(f'{own.name}: no chapter uses "{word}"')


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
