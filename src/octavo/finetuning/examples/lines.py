"""Well-known lines: found in the plays, each with its one speaker.

`lines.txt` holds only how each begins; what is asked about and learned is
the corpus's own text. A line that stands nowhere in the plays to train on,
or that more than one person says, is left out.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

from octavo.finetuning.examples.plays import Play, Speech

FEWEST, MOST = 4, 24  # words of a line
STOP = re.compile(r"[.?!;:]")
WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line that people know, who says it, and in which play."""

    text: str
    speaker: str
    title: str

    def halves(self) -> tuple[str, str]:
        """Return how the line begins, and the rest of it.

        It is cut after about half its words, at a comma or the like if
        there is one near.
        """
        words = self.text.split(" ")
        middle = (len(words) + 1) // 2
        near = sorted(
            range(2, len(words) - 1), key=lambda n: (abs(n - middle), n)
        )
        for cut in near:
            if abs(cut - middle) < 2 and not words[cut - 1][-1].isalpha():
                middle = cut
                break
        return " ".join(words[:middle]), " ".join(words[middle:])


@cache
def beginnings() -> tuple[str, ...]:
    """Return how the well-known lines begin."""
    text = files(__package__).joinpath("lines.txt").read_text("utf-8")
    return tuple(
        line
        for line in text.split("\n")
        if line and not line.startswith("##")
    )


def known_lines(plays: Iterable[Play]) -> tuple[Line, ...]:
    """Return the well-known lines of some plays, in the table's order."""
    index = Index(plays)
    found: dict[str, Line] = {}
    for beginning in beginnings():
        if line := index.find(beginning):
            found.setdefault(line.text, line)
    return tuple(found.values())


class Index:
    """The speeches of plays as one text, to be searched by words alone."""

    def __init__(self, plays: Iterable[Play]) -> None:
        self._speeches = [(p, s) for p in plays for s in p.speeches]
        keys = [f" {plain(joined(s))} \n" for _, s in self._speeches]
        self._starts = [0, *accumulate(len(key) for key in keys)]
        self._words = "".join(keys)

    def find(self, beginning: str) -> Line | None:
        """Return the one line that begins so; None if there is not one.

        All who begin a line so must be one person of one play.
        """
        found: dict[tuple[str, str], str] = {}
        for play, speech in self._saying(beginning):
            found.setdefault((play.title, speech.speaker), joined(speech))
        if len(found) != 1:
            return None
        ((title, speaker), text), *_ = found.items()
        said = _from(text, beginning)
        if not speaker or not said:
            return None
        return Line(text=said, speaker=speaker, title=title)

    def says(self, words: str) -> bool:
        """Tell whether anybody says these words, one after the other."""
        return any(True for _ in self._saying(words))

    def _saying(self, words: str) -> Iterator[tuple[Play, Speech]]:
        """Yield who says something, once for each time."""
        key = f" {plain(words)} "
        place = self._words.find(key)
        while place >= 0:
            yield self._speeches[bisect_right(self._starts, place) - 1]
            place = self._words.find(key, place + 1)


def joined(speech: Speech) -> str:
    """Return a speech on one line."""
    return " ".join(" ".join(speech.lines).split())


def plain(text: str) -> str:
    """Return a text's words in small letters, without any signs.

    >>> plain("O, that this too too solid flesh")
    'o that this too too solid flesh'
    """
    return " ".join(WORD.findall(text)).casefold()


def _from(text: str, beginning: str) -> str:
    """Return a text from where it says this to the end of the sentence.

    It begins with a capital, even within a sentence; "" if it is too long
    for a line, or too short.
    """
    words = [re.escape(word) for word in WORD.findall(beginning)]
    signs = r"[^A-Za-z]+"
    first = "'?" if beginning.startswith("'") else r"\b"
    start = re.search(rf"{first}{signs.join(words)}\b", text, re.I)
    assert start is not None, (beginning, text)
    for stop in STOP.finditer(text, start.end() - 1):
        said = text[start.start() : stop.end()].rstrip(",;:-")
        if len(said.split(" ")) >= FEWEST:
            break
    else:
        said = text[start.start() :].strip().rstrip(",;:-")
    fits = FEWEST <= len(said.split(" ")) <= MOST and '"' not in said
    return said[:1].upper() + said[1:] if fits else ""
