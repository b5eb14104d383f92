"""Plays as speeches: who says what, line by line.

The corpus holds plays as they are printed: a speaker's name on a line of
its own after a blank line, then the lines; acts, scenes and directions for
the stage between and within them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from octavo.finetuning.examples.persons import (
    Cast,
    all_casts,
    plain_label,
)
from octavo.text import Corpus, Document

# Directions for the stage; where the bracket is never closed, they end
# with the paragraph.
DIRECTION = re.compile(r"\[[^\[\]]*?(?:\]|(?=\n\n)|\Z)")
ACT = re.compile(r"^act ([IV1-5]+|[a-z]+)\.?(?: scene.*)?$", re.I | re.M)
HEADING = re.compile(
    r"(?:the )?(?:act|scene) (?:[ivx]+|\d+|first|second|third|fourth|fifth)"
    r"\b|(?:(?:the )?(?:prologue|epilogue|induction)|dumb show|song|spring"
    r"|winter|the order of the coronation|westminster abbey|[ivx]+)\.?$",
    re.I,
)
# A speaker's name in capitals; a number, or several, in any letters.
LABEL = re.compile(
    r"[A-Z][A-Z' .,&-]+(?:and [A-Z .]+)?\.?-*"
    r"|\d [A-Z][A-Za-z]+\."
    r"|(?:All|Both|Danes|[A-Z]\w+\.? and [A-Z]\w+)\."
)
NUMERALS = {
    numeral: number
    for number, numerals in enumerate(
        (
            ("i", "1", "first"),
            ("ii", "2", "second"),
            ("iii", "3", "third"),
            ("iv", "4", "fourth"),
            ("v", "5", "fifth"),
        ),
        start=1,
    )
    for numeral in numerals
}


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What one person says at a time.

    `speaker` is "" where several speak at once, or nobody is named.
    """

    play: str
    speaker: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Play:
    """A play of the corpus, taken apart."""

    cast: Cast
    acts: int
    speeches: tuple[Speech, ...]

    @property
    def title(self) -> str:
        """Return the title by which one knows it."""
        return self.cast.title


def all_plays(documents: tuple[Document, ...]) -> tuple[Play, ...]:
    """Return the plays among some documents, in their order."""
    casts = all_casts()
    return tuple(
        Play(
            cast=casts[document.name],
            acts=count_acts(document.text),
            speeches=tuple(speeches(document.text, casts[document.name])),
        )
        for document in documents
        if document.name in casts
    )


def plays_of(corpus: Corpus) -> tuple[Play, ...]:
    """Return all plays of a corpus, those held out as well."""
    return all_plays((*corpus.train, *corpus.held_out))


def count_acts(text: str) -> int:
    """Return the number of the last act that a play's headings name."""
    return max(NUMERALS[found.lower()] for found in ACT.findall(text))


def speeches(text: str, cast: Cast) -> Iterator[Speech]:
    """Yield a play's speeches, in order.

    Headings of acts and scenes end a speech, a direction for the stage
    does not: who spoke before it goes on after it.
    """
    speaker, lines = "", list[str]()
    for paragraph in DIRECTION.sub("", text).split("\n\n"):
        first, *rest = paragraph.strip("\n").split("\n")
        said = [first, *rest]
        found = _label(first, cast)
        if found or HEADING.match(first):
            if lines:
                yield Speech(
                    play=cast.play, speaker=speaker, lines=tuple(lines)
                )
            speaker = cast.speaker(found[0]) if found else ""
            said = [found[1], *rest] if found else []
            lines = []
        lines += [line.strip() for line in said if line.strip()]
    if lines:
        yield Speech(play=cast.play, speaker=speaker, lines=tuple(lines))


def _label(line: str, cast: Cast) -> tuple[str, str] | None:
    """Return (label, what follows on its line), None if there is none.

    A label looks like one (see LABEL), or is one of the cast's own.
    """
    line = line.strip()
    if HEADING.match(line):
        return None
    known = any(plain_label(line) in p.labels for p in cast.persons)
    if known or LABEL.fullmatch(line):
        return line, ""
    label, stop, said = line.partition(". ")
    if stop and LABEL.fullmatch(label):
        return label, said
    return None
