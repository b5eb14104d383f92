"""Read the user's own files: .txt, .md and .jsonl, each also as .gz.

A byte order mark is dropped and Windows line ends become plain ones;
beyond that the text is left as it is. What is not read is counted.
"""

import gzip
import os
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.foundation import UserError, did_you_mean
from octavo.text.documents import Document
from octavo.text.jsonlines import json_objects, whole_string

SUFFIXES = (".txt", ".md", ".jsonl")
FEWEST_BYTES = 1_000


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Documents as read, and what there is to say about it."""

    documents: tuple[Document, ...]
    notes: tuple[str, ...]


def read_path(path: Path, *, field: str = "text") -> Reading:
    """Read a file, or all readable files of a folder, however deep.

    `field` names the text in the objects of .jsonl lines, each of which
    is a document. Documents are in the order of their names. Files of
    other kinds and hidden ones are counted in the notes, as are empty
    documents. Raises UserError for a file that cannot be read as text,
    or too little text.
    """
    notes: Counter[str] = Counter()
    alone = {_plain_name(path.name): path}
    files = _find(path, notes) if path.is_dir() else alone
    documents = [
        document
        for name, file in sorted(files.items())
        for document in _read_file(file, name, field, notes)
    ]
    if not documents:
        raise UserError(f"{path} is empty: there is no text to learn from")
    size = sum(len(document.text.encode()) for document in documents)
    if size < FEWEST_BYTES:
        raise UserError(
            f"{path} holds {size:,} bytes of text: too little to split and "
            f"to learn from; give at least {FEWEST_BYTES:,}"
        )
    told = (
        f"{what}: {number:,}"
        for what, number in sorted(notes.items())
        if number
    )
    return Reading(documents=tuple(documents), notes=tuple(told))


def _find(folder: Path, notes: Counter[str]) -> dict[str, Path]:
    """Return name -> path of a folder's readable files.

    A name is the path from the folder, with "/" and composed accents on
    every system.
    """
    files = {}
    for root, folders, names in os.walk(folder, onerror=_raise):
        hidden = [n for n in (*folders, *names) if n.startswith(".")]
        notes["left out, hidden files and folders"] += len(hidden)
        folders[:] = [name for name in folders if name not in hidden]
        for name in set(names).difference(hidden):
            path = Path(root, name)
            if _kind(path) in SUFFIXES:
                relative = path.relative_to(folder).as_posix()
                files[_plain_name(relative)] = path
            else:
                kind = path.suffix.lower() or "no suffix"
                notes[f"left out, files of another kind ({kind})"] += 1
    if not files:
        raise UserError(
            f"{folder} has no .txt, .md or .jsonl file (nor one of these "
            "as .gz)"
        )
    return files


def _read_file(
    path: Path, name: str, field: str, notes: Counter[str]
) -> Iterator[Document]:
    """Yield a file's documents that are not empty."""
    text = file_text(path, notes)
    if _kind(path) == ".jsonl":
        documents = _json_lines(path, name, text, field)
    else:
        documents = iter([Document(name=name, text=text)])
    for document in documents:
        if document.text.strip():
            yield document
        else:
            notes["left out, empty documents"] += 1


def file_text(path: Path, notes: Counter[str]) -> str:
    """Return a file's text; raise UserError naming the byte that is not.

    `notes` counts what was mended on the way.
    """
    content = _content(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path} is UTF-16; save it as UTF-8")
    binary = content.find(b"\0")
    if binary >= 0:
        raise UserError(
            f"{path}, byte {binary:,}: a zero byte; this is a binary file, "
            "not text"
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}, byte {error.start:,}: 0x{content[error.start]:02x} "
            "is not UTF-8; save the file as UTF-8 (if it is in "
            "Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW)"
        ) from None
    plain = text.removeprefix("\ufeff")
    notes["mended, byte order marks dropped"] += plain != text
    text = plain.replace("\r\n", "\n")
    notes["mended, files with Windows line ends"] += plain != text
    return text


def _content(path: Path) -> bytes:
    """Return a file's bytes, unpacked if it is .gz."""
    if _kind(path) not in SUFFIXES:
        raise UserError(
            f"{path} is not read: a corpus is a .txt, .md or .jsonl file "
            "(each also as .gz), or a folder of them; rename it if it is "
            "one of these"
        )
    content = path.read_bytes()
    if path.suffix.lower() != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path} is a damaged .gz file ({error}); fetch or pack it "
            "again"
        ) from error


def _json_lines(
    path: Path, name: str, text: str, field: str
) -> Iterator[Document]:
    """Yield a document for each line that is not blank."""
    example = f'{{"{field}": "..."}}'
    for number, where, found in json_objects(path, text, example):
        value = _field(where, found, field)
        yield Document(
            name=f"{name}:{number}", text=value.replace("\r\n", "\n")
        )


def _field(where: str, found: dict[str, Any], field: str) -> str:
    """Return the text of one object, or raise UserError saying why not."""
    if field not in found:
        known = ", ".join(found) or "none"
        hint = did_you_mean(field, found) or (
            f"; its fields: {known}; choose one with --field"
        )
        raise UserError(f'{where}: no field "{field}"{hint}')
    return whole_string(f'{where}: field "{field}"', found[field])


def _kind(path: Path) -> str:
    """Return a file's suffix, without .gz, in lower case."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _plain_name(name: str) -> str:
    """Return a file's name as text that is the same on every system."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return unicodedata.normalize("NFC", text)


def _raise(error: OSError) -> None:
    """Stop at a folder that cannot be read: it may not be left out."""
    raise error
