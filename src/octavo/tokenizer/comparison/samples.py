"""Texts to measure tokenizers on, from what a machine has installed.

Modern English, Python and other scripts are nowhere in Shakespeare. They
are here: in the reference that `help()` shows, in the standard library's
own source, and in the sentences that Django speaks to its users.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
)
from platform import python_version

INSTALL = "not installed: pip install 'octavo[compare]'"
ABSENT = "not part of this Python's installation"
MODULES = ("argparse", "difflib", "statistics", "textwrap")
LANGUAGES = {"Russian": "ru", "Chinese": "zh_Hans"}
SHORTEST = 80  # characters of a paragraph that is prose
TRANSLATED = re.compile(
    r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\n)+)', re.MULTILINE
)
SENTENCE = re.compile(r"[^%{}<>]+[.!?\u3002\uff01\uff1f]")  # no gap to fill


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Documents of one kind, under a short name, and where they are from.

    Where the source is not installed there are no documents, and `source`
    says so.
    """

    name: str
    documents: tuple[str, ...]
    source: str


def installed_samples() -> list[Sample]:
    """Return English prose, Python source, and two other scripts."""
    return [_prose(), _python(), *map(_translation, LANGUAGES)]


def _prose() -> Sample:
    """Return the paragraphs of the reference that `help()` shows."""
    try:
        topics = import_module("pydoc_data.topics").topics
    except ImportError:
        return Sample(name="prose", documents=(), source=ABSENT)
    paragraphs = [
        paragraph
        for text in topics.values()
        for paragraph in text.split("\n\n")
        if len(paragraph) >= SHORTEST
        and paragraph[0].isupper()
        and paragraph.endswith(".")
    ]
    return Sample(
        name="prose",
        documents=(_joined(paragraphs, "\n\n"),),
        source=f"paragraphs of Python {python_version()}'s reference, "
        "from its module pydoc_data.topics",
    )


def _python() -> Sample:
    """Return modules of the standard library."""
    modules = map(import_module, MODULES)
    try:
        documents = tuple(map(inspect.getsource, modules))
    except OSError:
        return Sample(name="Python", documents=(), source=ABSENT)
    return Sample(
        name="Python",
        documents=documents,
        source=f"Python {python_version()}'s {', '.join(MODULES)}",
    )


def _translation(language: str) -> Sample:
    """Return the sentences of Django's translation into a language."""
    try:
        django = distribution("django")
    except PackageNotFoundError:
        return Sample(name=language, documents=(), source=INSTALL)
    sentences = _sentences(django, LANGUAGES[language])
    return Sample(
        name=language,
        documents=(_joined(sentences, "\n"),),
        source=f"sentences of Django {django.version}'s translation",
    )


def _sentences(package: Distribution, code: str) -> Iterator[str]:
    """Yield the whole sentences in a package's message catalogues."""
    for file in sorted(package.files or []):
        if not file.match(f"locale/{code}/LC_MESSAGES/*.po"):
            continue
        for quoted in TRANSLATED.findall(file.read_text("utf-8")):
            lines = map(ast.literal_eval, quoted.splitlines())
            message = "".join(lines)
            if SENTENCE.fullmatch(message):
                yield message


def _joined(parts: Iterator[str] | list[str], between: str) -> str:
    """Return different parts as one text, each of them once."""
    return between.join(dict.fromkeys(parts)) + "\n"
