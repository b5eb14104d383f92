"""Divide documents into those to train on and those held out.

The same documents give the same division on every machine: it depends on
their names and texts alone, not on the order of a folder.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from octavo.text.documents import Document

MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Split:
    """Both parts, and the rule that divided them, in words."""

    train: tuple[Document, ...]
    held_out: tuple[Document, ...]
    rule: str


def split_by_name(
    documents: Sequence[Document], names: Sequence[str]
) -> Split:
    """Hold out the documents of these names, which must all be there."""
    held_out = tuple(each for each in documents if each.name in names)
    assert sorted(each.name for each in held_out) == sorted(names)
    return Split(
        train=tuple(each for each in documents if each.name not in names),
        held_out=held_out,
        rule=f"held out by name: {_listed(names)}",
    )


def split_by_characters(document: Document) -> Split:
    """Hold out the last tenth of one document's characters, exactly."""
    place = int(0.9 * len(document.text))
    return _cut(document, place, "the last tenth of the characters")


def split_at_line(document: Document) -> Split:
    """Hold out the last tenth of one document, from a whole line on.

    It begins with the first line that begins at nine tenths of the
    characters or after; where none does, exactly at nine tenths.
    """
    nine_tenths = int(0.9 * len(document.text))
    place = document.text.find("\n", nine_tenths - 1) + 1
    if place in (0, len(document.text)):
        place = nine_tenths
    return _cut(document, place, "the last tenth, from a whole line on")


def split_documents(documents: Sequence[Document]) -> Split:
    """Hold out whole documents that come near a tenth of the bytes.

    In the order of the SHA-256 of their names, a document is held out if
    that brings the held-out part nearer to a tenth; if none does, the
    smallest is. Each part has at least one document; one document alone
    is divided by `split_at_line`.
    """
    if len(documents) == 1:
        return split_at_line(documents[0])
    shuffled = sorted(
        range(len(documents)),
        key=lambda i: hashlib.sha256(documents[i].name.encode()).digest(),
    )
    sizes = [len(document.text.encode()) for document in documents]
    wanted = sum(sizes) / 10
    chosen: set[int] = set()
    held = 0
    for i in shuffled:
        if abs(held + sizes[i] - wanted) < abs(held - wanted):
            chosen.add(i)
            held += sizes[i]
    if not chosen:
        chosen = {min(shuffled, key=lambda i: sizes[i])}
    return Split(
        train=tuple(d for i, d in enumerate(documents) if i not in chosen),
        held_out=tuple(d for i, d in enumerate(documents) if i in chosen),
        rule="held out: whole documents, in the order of the SHA-256 of "
        "their names, while that comes nearer to a tenth of the bytes",
    )


def _cut(document: Document, place: int, what: str) -> Split:
    """Divide one document at a place; both parts keep its name."""
    name, text = document.name, document.text
    return Split(
        train=(Document(name=name, text=text[:place]),),
        held_out=(Document(name=name, text=text[place:]),),
        rule=f"held out: {what}",
    )


def _listed(names: Sequence[str]) -> str:
    """List names in words; many that are numbered, by first and last."""
    if len(names) > MOST_NAMED:
        return f"{names[0]} to {names[-1]} ({len(names)} documents)"
    return ", ".join(names)
