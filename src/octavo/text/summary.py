"""A corpus in numbers and a few lines, for people and for programs."""

from typing import Any

from octavo.text.catalogue import CATALOGUE
from octavo.text.documents import Corpus, Document
from octavo.text.fetching import is_cached

SAMPLE_LINES = 12
SAMPLE_CHARACTERS = 900


def list_catalogue() -> list[dict[str, Any]]:
    """Return a row for each corpus of the catalogue."""
    return [
        {
            "name": entry.name,
            "title": entry.title,
            "documents": entry.documents,
            "bytes": entry.size,
            "held_out": list(entry.held_out) or ["the last tenth"],
            "cached": is_cached(entry.download),
        }
        for entry in CATALOGUE.values()
    ]


def summarise(corpus: Corpus) -> dict[str, Any]:
    """Return what there is to know about a corpus, but its texts."""
    return {
        "name": corpus.name,
        "title": corpus.title,
        "source": corpus.source,
        "fingerprint": corpus.fingerprint,
        "train": measure(corpus.train),
        "held_out": measure(corpus.held_out),
        "notes": list(corpus.notes),
        "sample": sample(corpus.train[0].text),
    }


def measure(documents: tuple[Document, ...]) -> dict[str, Any]:
    """Count documents, bytes and characters, in all and for each."""
    rows: list[dict[str, Any]] = [
        {
            "name": document.name,
            "bytes": len(document.text.encode()),
            "characters": len(document.text),
        }
        for document in documents
    ]
    return {
        "documents": len(rows),
        "bytes": sum(row["bytes"] for row in rows),
        "characters": sum(row["characters"] for row in rows),
        "names": rows,
    }


def sample(text: str) -> str:
    """Return the beginning of a text: some lines, not too long."""
    lines = text.split("\n")[:SAMPLE_LINES]
    beginning = "\n".join(lines).rstrip()
    if len(beginning) <= SAMPLE_CHARACTERS:
        return beginning
    return beginning[:SAMPLE_CHARACTERS] + " ..."
