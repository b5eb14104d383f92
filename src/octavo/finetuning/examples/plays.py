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
    for line, is_first in _lines(text):
        label, said = _label(line, cast, is_first)
        if label or (is_first and HEADING.match(line)):
            if lines:
                yield Speech(
                    play=cast.play, speaker=speaker, lines=tuple(lines)
                )
            speaker = cast.speaker(label) if label else ""
            lines = [said] if said else []
        elif line:
            lines.append(line)
    if lines:
        yield Speech(play=cast.play, speaker=speaker, lines=tuple(lines))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines, and whether each is the first of its paragraph.

    Directions for the stage and blank lines are left out; so is what a
    heading has on its second line.
    """
    for paragraph in DIRECTION.sub("", text).split("\n\n"):
        first, *rest = paragraph.strip("\n").split("\n")
        yield first.strip(), True
        for line in [] if HEADING.match(first.strip()) else rest:
            if line.strip():
                yield line.strip(), False


def _label(line: str, cast: Cast, is_first: bool) -> tuple[str, str]:
    """Return the label that a line begins with, and the rest of the line.

    A label looks like one (see LABEL), or is one of the cast's own. Within
    a paragraph, where the edition forgot a blank line, it must be both.
    Without a label both are "".
    """
    if HEADING.match(line):
        return "", ""
    if _is_label(line, cast, is_first):
        return line, ""
    label, _, said = line.partition(". ")
    looks = said and LABEL.fullmatch(label)
    if looks and (is_first or _is_known(label, cast)):
        return label, said.strip()
    return "", ""


def _is_label(line: str, cast: Cast, is_first: bool) -> bool:
    """Tell whether a whole line is a label."""
    looks, known = bool(LABEL.fullmatch(line)), _is_known(line, cast)
    if is_first:
        return looks or known
    return looks and known and line.endswith(".")


def _is_known(label: str, cast: Cast) -> bool:
    """Tell whether a label is one of the cast's own."""
    return any(plain_label(label) in p.labels for p in cast.persons)
