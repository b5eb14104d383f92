r"""A text as a tokenizer sees it, token by token; how a word was built.

A token is bytes, and those may be half a character, a space or a control
code. What is shown of it is always visible: "·" for a space, "↵" for a
line end, and ⟨f0 9f⟩ for bytes that are no character by themselves.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from octavo.foundation import UserError
from octavo.tokenizer.patterns import Splitter
from octavo.tokenizer.reference import Word, merge
from octavo.tokenizer.tokenizer import Tokenizer
from octavo.tokenizer.vocabulary import Vocabulary

MARKS = {" ": "·", "\n": "↵", "\r": "␍", "\t": "→"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a token: what is shown for which bytes.

    `mark` says that it stands for something that cannot be seen.
    """

    shown: str
    data: bytes
    mark: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A token in a text: its id and its bytes."""

    id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """A merge on the way from bytes to tokens, and the pieces after it.

    `rank` counts the tokens that merges make, from 0. `count` is how often
    the pair was seen in training; files do not keep it.
    """

    rank: int
    id: int
    made: bytes
    pieces: Word
    count: int | None = None


def view(tokenizer: Tokenizer, text: str) -> list[Token]:
    """Return the tokens of a text."""
    return [
        Token(number, tokenizer.decode_bytes([number]))
        for number in tokenizer.encode(text)
    ]


def trace(
    tokenizer: Tokenizer, word: str, counts: Sequence[int] = ()
) -> list[Step]:
    """Return the merges that build a word from its bytes, in order.

    `counts[i]` is merge i's count, where it is known. Raises UserError for
    a word that the pattern cuts in two: no merge crosses a cut.
    """
    vocabulary = tokenizer.vocabulary
    cut = Splitter(vocabulary.pattern)(word)
    if len(cut) != 1:
        shown = " ".join(f'"{piece}"' for piece in cut) or "nothing"
        raise UserError(
            f'"{word}" is not one pre-token but {shown}: trace one of them'
        )
    numbers = {
        pair: number for number, pair in enumerate(_merges(vocabulary))
    }
    made = vocabulary.made
    ranks = {token: rank for rank, token in enumerate(dict.fromkeys(made))}
    pieces: Word = tuple(bytes([byte]) for byte in word.encode())
    steps = []
    while known := [pair for pair in pairwise(pieces) if pair in numbers]:
        number = min(numbers[pair] for pair in known)
        pair = next(pair for pair in known if numbers[pair] == number)
        pieces = merge(pieces, pair)
        steps.append(
            Step(
                rank=ranks[made[number]],
                id=made[number],
                made=b"".join(pair),
                pieces=pieces,
                count=counts[number] if counts else None,
            )
        )
    return steps


def show(data: bytes) -> str:
    r"""Return bytes as one visible string.

    >>> show(b" a\n"), show("\u00e9".encode()[:1])
    ('·a↵', '⟨c3⟩')
    """
    return "".join(stretch.shown for stretch in stretches(data))


def stretches(data: bytes) -> Iterator[Stretch]:
    """Yield the parts of bytes: text, marks, bytes that are no text."""
    text = data.decode(errors="surrogateescape")
    for kind, group in groupby(text, _kind):
        part = "".join(group)
        raw = part.encode(errors="surrogateescape")
        if kind == "text":
            # An accent with no letter of its own gets a circle to sit on.
            alone = "◌" if unicodedata.combining(part[0]) else ""
            yield Stretch(alone + part, raw, mark=False)
        elif kind == "space":
            shown = "".join(MARKS[character] for character in part)
            yield Stretch(shown, raw, mark=True)
        else:
            yield Stretch(f"⟨{raw.hex(' ')}⟩", raw, mark=True)


def _kind(character: str) -> str:
    if character in MARKS:
        return "space"
    return "text" if character.isprintable() else "bytes"


def _merges(vocabulary: Vocabulary) -> Iterator[tuple[bytes, bytes]]:
    names = {number: token for token, number in vocabulary.ids.items()}
    for left, right in vocabulary.merges:
        yield names[left], names[right]
