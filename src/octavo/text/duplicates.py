"""Find documents that share their text, whatever their spelling.

A model that has trained on a held-out document's near-copy is measured on
what it remembers, not on what it has learned. Near-copies hide behind
spelling: "vp" and "up", "loue" and "love", "goe" and "go" (the First Folio
and a modern edition agree in few runs of exact words). So words are first
reduced to a spelling-blind key, and then every run of five words (a
shingle) is a number. Two documents share text as far as they share these
numbers: a play contained in a volume of collected works is found too.

All shingles are compared, exactly, while the texts are small. Above
SAMPLE_ABOVE characters only every second, fourth, eighth... is kept, by
its number, so that time and memory stay bounded; short documents are then
no longer judged. Words are what stands between spaces and punctuation: in
a language written without spaces only runs of whole clauses are seen.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from octavo.text.documents import Document

# Measured on 35 plays in two editions: across editions the same play
# shares at least 0.54 of its shingles, different plays at most 0.0015.
NEAR_COPY = 0.2
SHINGLE_WORDS = 5
# Shorter agreements (some 20 words in a row) are quotations, not copies.
FEWEST_SHARED = 16
# What stands in more documents than this is boilerplate, no sign of a copy.
MOST_DOCUMENTS = 64
SAMPLE_ABOVE = 100_000_000  # characters

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class NearCopy:
    """Two documents that share text, by name, the smaller one first."""

    name: str
    contained_in: str
    share: float  # of the smaller one's shingles, 0 to 1
    shared: int  # shingles


def find_near_copies(
    documents: Sequence[Document],
    *,
    at_least: float = NEAR_COPY,
    sample_above: int = SAMPLE_ABOVE,
) -> tuple[NearCopy, ...]:
    """Return each pair of which one is contained in the other.

    A pair counts if they share `at_least` this part of the smaller one's
    shingles, and FEWEST_SHARED of them. Rows are in the order of the
    documents. The same texts give the same rows on every machine.
    """
    characters = sum(len(document.text) for document in documents)
    halvings = max(0, (characters // sample_above).bit_length())
    words = WordHashes()
    hashes = [
        shingle_hashes(document.text, words, halvings)
        for document in documents
    ]
    sizes, shared = _shared_counts(hashes)
    rows = []
    for (first, second), count in sorted(shared.items()):
        small, large = sorted((first, second), key=lambda i: int(sizes[i]))
        share = count / int(sizes[small])
        if share >= at_least and count >= FEWEST_SHARED:
            rows.append(
                NearCopy(
                    name=documents[small].name,
                    contained_in=documents[large].name,
                    share=share,
                    shared=count,
                )
            )
    return tuple(rows)


def spelling_key(word: bytes) -> bytes:
    """Reduce a word to what old and new spellings of it share.

    Upper case, v, j and y have become lower case, u and i before (see
    LETTERS); doubled letters and a final e go here.

    >>> spelling_key(b"goodnesse"), spelling_key(b"goodnes")
    (b'godnes', b'godnes')
    """
    return DOUBLED.sub(rb"\1", word).removesuffix(b"e") or word


class WordHashes(dict[bytes, int]):
    """A number of 64 bits for each spelling key, made when first asked.

    It is cut from a cryptographic hash, for Python's own differs from
    run to run.
    """

    def __missing__(self, word: bytes) -> int:
        """Hash a word not seen before."""
        digest = hashlib.blake2b(spelling_key(word), digest_size=8)
        number = int.from_bytes(digest.digest(), "little")
        self[word] = number
        return number


def shingle_hashes(
    text: str, words: WordHashes, halvings: int = 0
) -> Hashes:
    """Return the sorted, distinct numbers of a text's shingles.

    Of every 2**halvings only one is kept, the same ones in every text.
    """
    if not text.isascii():  # lower case, and punctuation of any script
        text = APOSTROPHES.sub("", text.casefold())
        text = re.sub(r"[^\w\s]+", " ", text)
    spelled = text.encode().translate(LETTERS, b"'").split()
    keys = np.fromiter(
        map(words.__getitem__, spelled), np.uint64, len(spelled)
    )
    length = len(keys) - SHINGLE_WORDS + 1
    if length < 1:
        return np.empty(0, np.uint64)
    hashes = np.zeros(length, np.uint64)
    for place in range(SHINGLE_WORDS):
        hashes = (hashes ^ keys[place : place + length]) * MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    sampled = hashes & np.uint64(2**halvings - 1) == 0
    return np.unique(hashes[sampled])


def _shared_counts(
    hashes: Sequence[Hashes],
) -> tuple[NDArray[np.int64], dict[tuple[int, int], int]]:
    """Count each document's shingles, and those that each pair shares.

    All shingles are sorted into one row, where equal ones are neighbours;
    a document has each shingle once. Boilerplate is not counted.
    """
    sizes = [len(each) for each in hashes]
    row = np.concatenate([*hashes, np.empty(0, np.uint64)])
    owner = np.repeat(np.arange(len(hashes)), sizes)
    order = np.argsort(row, kind="stable")
    row, owner = row[order], owner[order]
    begins = np.flatnonzero(np.diff(row, prepend=~row[:1]))
    often = np.diff(begins, append=len(row))
    telling = np.repeat(often <= MOST_DOCUMENTS, often)
    row, owner = row[telling], owner[telling]
    counts: dict[tuple[int, int], int] = {}
    at = np.arange(len(row))
    for step in range(1, MOST_DOCUMENTS):
        at = at[at + step < len(row)]
        at = at[row[at] == row[at + step]]
        pairs = owner[at] * len(hashes) + owner[at + step]
        for pair, count in zip(
            *np.unique(pairs, return_counts=True), strict=True
        ):
            both = divmod(int(pair), len(hashes))
            counts[both] = counts.get(both, 0) + int(count)
        if not len(at):
            break
    return np.bincount(owner, minlength=len(hashes)), counts


def _letters() -> bytes:
    """Return the table that folds letters and blanks out the rest.

    Bytes above 127 are parts of letters of other scripts.
    """
    table = bytearray(b" " * 128) + bytearray(range(128, 256))
    for code in b"0123456789abcdefghijklmnopqrstuvwxyz":
        table[code] = code
        table[ord(chr(code).upper())] = code
    for old, new in (b"vu", b"ji", b"yi"):
        table[old] = table[ord(chr(old).upper())] = new
    return bytes(table)


LETTERS = _letters()
DOUBLED = re.compile(rb"(.)\1+", re.S)
APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}]")
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd: no number is lost
