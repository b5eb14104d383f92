"""Text: the corpus catalogue, fetching, cleaning, copies, splitting."""

from octavo.text.catalogue import CATALOGUE, Entry
from octavo.text.corpus import load_corpus
from octavo.text.documents import Corpus, Document
from octavo.text.duplicates import NearCopy, find_near_copies

__all__ = [
    "CATALOGUE",
    "Corpus",
    "Document",
    "Entry",
    "NearCopy",
    "find_near_copies",
    "load_corpus",
]
