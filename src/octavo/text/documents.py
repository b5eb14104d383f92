"""What a corpus is: named documents in two parts that never mix."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text and its name.

    The name is a work's ("macbeth"), or a user's path relative to the
    corpus, with the line for .jsonl ("plays/a.txt", "a.jsonl:12").
    """

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Documents to train on, and documents held out to measure with."""

    name: str
    title: str
    source: str  # where it is from, and its licence, in one line
    train: tuple[Document, ...]
    held_out: tuple[Document, ...]
    notes: tuple[str, ...]  # what was left out or mended, a line each

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of names and texts, both parts, in order.

        Counts and lengths go in too, so that no two corpora can run
        together to the same bytes.
        """
        digest = hashlib.sha256()
        for part in (self.train, self.held_out):
            digest.update(f"{len(part)} documents\n".encode())
            for document in part:
                name = document.name.encode()
                text = document.text.encode()
                digest.update(f"{len(name)} {len(text)}\n".encode())
                digest.update(name)
                digest.update(text)
        return digest.hexdigest()
