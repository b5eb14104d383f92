r"""Cutting fast: the patterns again, as arithmetic on whole arrays.

A regular expression walks through a text character by character. But where
the known patterns cut depends on little: what kind of character stands
here, and what kind beside it. So the kinds of a whole stretch of text are
looked up at once, and each rule of a pattern becomes a line or two of NumPy
over all places together. `Splitter` remains the truth, and does the work
for every other pattern.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from octavo.tokenizer.patterns import SPELLINGS, Splitter, check_text
from octavo.tokenizer.pieces import Pieces, Places

Kinds = NDArray[np.uint8]
Points = NDArray[np.uint8] | NDArray[np.uint32]  # characters, as numbers
Begins = NDArray[np.bool_]  # true where a pre-token begins

# What a character is, as bits. The three kinds of white space share one.
LETTER, DIGIT, OTHER, WHITE = 1, 2, 4, 8
SPACE, NEWLINE = WHITE | 16, WHITE | 32
FAMILY = LETTER | DIGIT | OTHER | WHITE
_KIND = regex.compile(r"(\p{L})|(\p{N})|( )|([\r\n])|(\s)|.", regex.DOTALL)
_KINDS = (OTHER, LETTER, DIGIT, SPACE, NEWLINE, WHITE)

CHUNK = 1 << 18  # characters cut at once: their arrays fit into the cache
# Before the space of "a b" and after the line end of "a\nb", every known
# pattern cuts, whatever else stands there.
_SAFE = re.compile(r"[A-Za-z](?= [A-Za-z])|\S\n(?=\S)")


class Cutter:
    """Cuts texts into the pre-tokens that `Splitter` cuts them into."""

    def __init__(self, pattern: str | None) -> None:
        self._splitter = Splitter(pattern)
        self._name = SPELLINGS.get(self._splitter.pattern or "")

    def __call__(self, text: str) -> Iterator[Pieces]:
        """Yield the pre-tokens of a text, a stretch of it at a time."""
        return map(self.cut, self.stretches(text))

    def stretches(self, text: str) -> Iterator[str]:
        """Yield a text in stretches that can be cut one by one."""
        check_text(text)
        size = CHUNK if self._name else len(text)
        return chunks(text, size)

    def cut(self, stretch: str) -> Pieces:
        """Return the pre-tokens of a stretch of text."""
        if self._name:
            begins = find_begins(self._name, *classify(stretch))
            return _pieces(stretch, np.flatnonzero(begins))
        pieces = self._splitter(stretch)
        lengths = np.array([len(piece) for piece in pieces])
        return _pieces(stretch, np.cumsum(lengths) - lengths)


def chunks(text: str, size: int) -> Iterator[str]:
    """Cut a text, where every known pattern cuts it, about every `size`."""
    start = 0
    while start < len(text):
        safe = _SAFE.search(text, start + size)
        end = safe.end() if safe else len(text)
        yield text[start:end]
        start = end


def rejoin(blocks: Iterable[str]) -> Iterator[str]:
    """Yield a text that comes in blocks, cut where every pattern cuts it.

    Blocks are joined until there is a safe place to cut them, so that no
    word is torn where a block happens to end.
    """
    rest, enough = "", 2 * CHUNK
    for block in blocks:
        rest += block
        if len(rest) >= enough:
            *parts, rest = chunks(rest, CHUNK)
            yield from parts
            enough = 2 * max(CHUNK, len(rest))
    yield rest


def classify(text: str) -> tuple[Kinds, Points]:
    """Return the kind and the number of each character."""
    if text.isascii():
        data = text.encode()
        kinds = np.frombuffer(data.translate(_ASCII), np.uint8)
        return kinds, np.frombuffer(data, np.uint8)
    points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    kinds = _BY_POINT[points]
    if not kinds.all():  # a character seen for the first time
        for point in np.unique(points[kinds == 0]):
            _BY_POINT[point] = _kind(chr(point))
        kinds = _BY_POINT[points]
    return kinds, points


def find_begins(name: str, kinds: Kinds, points: Points) -> Begins:
    """Return where the pre-tokens of a known pattern begin."""
    if name == "gpt2":
        return _begins_gpt2(kinds, points)
    digits = 1 if name == "qwen2" else 3
    begins = _begins_qwen2(kinds, points, digits)
    if name == "cl100k":
        _join_white_at_the_end(begins, kinds)
    return begins


def _begins_gpt2(kinds: Kinds, points: Points) -> Begins:
    """Cut where the kind changes; a space goes with what follows it.

    Of a row of white space, the last character stands for itself.
    """
    here, before = kinds[1:], kinds[:-1]
    changes = (here & before & FAMILY) == 0
    begins = np.ones(len(kinds), bool)
    begins[1:] = changes & ~_is(before, SPACE)
    begins[:-1] |= changes & _is(before, WHITE)
    _cut_contractions(begins, points, fold=False)
    return begins


def _begins_qwen2(kinds: Kinds, points: Points, digits: int) -> Begins:
    """Cut where the kind changes; but letters take one sign before them.

    That sign is a space or any other character but a letter, a digit or a
    line end, unless it belongs to a longer row. A row of signs takes a
    space before and line ends behind, and numbers fall into groups.
    """
    here, before = kinds[1:], kinds[:-1]
    changes = (here & before & FAMILY) == 0
    blank = _is(before, WHITE) & ~_is(before, NEWLINE)
    taken = _is(here, LETTER) & blank
    taken |= _is(here, OTHER) & _is(before, SPACE)
    begins = np.ones(len(kinds), bool)
    begins[1:] = changes & ~taken
    begins[1:] &= ~(_is(here, LETTER) & _is(before, OTHER) & begins[:-1])
    begins[:-1] |= changes & blank
    _cut_line_ends(begins, kinds, np.flatnonzero(changes))
    _cut_numbers(begins, kinds, digits)
    _cut_contractions(begins, points, fold=True)
    return begins


def _cut_line_ends(begins: Begins, kinds: Kinds, ends: Places) -> None:
    """White space up to its last line end is one; signs take theirs.

    `ends` are the last places of all rows of one family.
    """
    lines = np.flatnonzero(_is(kinds, NEWLINE))
    if len(lines) == 0:
        return
    first, row = _rows(lines)
    taken = _is(kinds[lines[first] - 1], OTHER) & (lines[first] > 0)
    begins[lines[taken[row]]] = False
    last = lines[np.append(first[1:], len(lines)) - 1]
    inside = last + 1 < len(kinds)
    inside[inside] = _is(kinds[last[inside] + 1], WHITE)
    if not inside.any():
        return
    # White space goes on behind these line ends, perhaps to the next ones.
    number = np.flatnonzero(inside)
    behind = last[number] + 1
    end = np.append(ends, len(kinds) - 1)[np.searchsorted(ends, behind)]
    following = np.append(lines[first], len(kinds))[number + 1]
    begins[behind[taken[number] | (following > end)]] = True


def _cut_numbers(begins: Begins, kinds: Kinds, digits: int) -> None:
    """Cut rows of digits into groups, from the left."""
    numbers = np.flatnonzero(_is(kinds, DIGIT))
    if len(numbers):
        first, row = _rows(numbers)
        place = np.arange(len(numbers)) - first[row]
        begins[numbers] = place % digits == 0


def _cut_contractions(begins: Begins, points: Points, fold: bool) -> None:
    """Cut 's, 't, 'm, 'd, 're, 've and 'll off, where an apostrophe begins.

    With `fold`, capitals count too, and so does the long s.
    """
    marks = np.flatnonzero(points == ord("'"))
    marks = marks[begins[marks]]
    if len(marks) == 0:
        return
    letters = np.zeros((2, len(marks)), np.uint32)
    for number in range(2):
        there = marks + number + 1 < len(points)
        letters[number, there] = points[marks[there] + number + 1]
    if fold:
        letters[(letters >= ord("A")) & (letters <= ord("Z"))] += 32
        letters[letters == ord("\u017f")] = ord("s")
    one, two = letters
    short = _any_of(one, "stmd")
    long = _any_of(one, "rv") & (two == ord("e"))
    long |= (one == ord("l")) & (two == ord("l"))
    begins[marks[short | long] + 1] = False
    ends = np.concatenate([marks[short] + 2, marks[long] + 3])
    begins[ends[ends < len(begins)]] = True


def _join_white_at_the_end(begins: Begins, kinds: Kinds) -> None:
    """Make white space at the end of the text one pre-token."""
    visible = np.flatnonzero(~_is(kinds, WHITE))
    end = visible[-1] + 1 if len(visible) else 0
    cuts = end + np.flatnonzero(begins[end:])
    begins[cuts[1:]] = False


def _is(kinds: Kinds, kind: int) -> Begins:
    """Return where kinds are of one kind, or of a family of kinds."""
    bit = kind & ~WHITE or kind
    found: Begins = (kinds & bit) != 0
    return found


def _rows(places: Places) -> tuple[Places, Places]:
    """Return where rows of adjoining places begin, and each one's row.

    >>> _rows(np.array([3, 4, 8, 9, 10]))
    (array([0, 2]), array([0, 0, 1, 1, 1]))
    """
    begins = np.diff(places, prepend=-2) != 1
    return np.flatnonzero(begins), np.cumsum(begins) - 1


def _pieces(text: str, starts: Places) -> Pieces:
    """Return pieces that start at these characters, as bytes."""
    data = text.encode()
    size = len(data)
    if size > len(text):
        values = np.frombuffer(data, np.uint8)
        # All bytes of a character but its first are 10xxxxxx.
        starts = np.flatnonzero((values & 0xC0) != 0x80)[starts]
    lengths = np.diff(starts, append=size)
    return Pieces(data, starts, lengths)


def _any_of(points: NDArray[np.uint32], letters: str) -> Begins:
    """Return where a character is one of these."""
    found: Begins = points == ord(letters[0])
    for letter in letters[1:]:
        found |= points == ord(letter)
    return found


def _kind(character: str) -> int:
    match: Any = _KIND.match(character)
    return _KINDS[match.lastindex or 0]


_BY_POINT = np.zeros(0x110000, np.uint8)
_BY_POINT[:128] = [_kind(chr(code)) for code in range(128)]
_ASCII = _BY_POINT[:256].tobytes()
