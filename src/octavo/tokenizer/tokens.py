"""Token files: a corpus as one array of ids, and where its documents are.

`NAME` holds the ids in NumPy's format, `NAME.json` the documents and the
checks: which tokenizer made them, and the SHA-256 of the ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from octavo.foundation import UserError
from octavo.foundation.files import (
    read_json,
    replacing,
    sha256,
    write_json,
)
from octavo.tokenizer.encoder import Ids
from octavo.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True, kw_only=True)
class TokenFile:
    """The ids of all documents, one after the other, memory-mapped.

    Each document begins with <|endoftext|> where the vocabulary has it;
    `starts` are the places of the documents' first ids, ascending from 0,
    `num_bytes` the UTF-8 bytes of their texts.
    """

    ids: Ids
    starts: NDArray[np.int64]
    num_bytes: NDArray[np.int64]
    names: tuple[str, ...]


def write_tokens(
    path: Path, tokenizer: Tokenizer, documents: Iterable[tuple[str, str]]
) -> TokenFile:
    """Encode (name, text) pairs, one at a time, into a token file.

    Raises UserError, naming the document, for text that is no Unicode, and
    if there is no id to write at all.
    """
    rows: list[dict[str, Any]] = []
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            total = _write_documents(file, tokenizer, documents, rows)
        if total == 0:
            raise UserError(
                f"nothing to write to {path}: no text was given"
            )
        digest = sha256(temporary)
    description = {
        "tokenizer": tokenizer.fingerprint,
        "dtype": tokenizer.dtype.name,
        "num_ids": total,
        "sha256": digest,
        "documents": rows,
    }
    write_json(_description_path(path), description)
    return read_tokens(path, tokenizer)


def read_tokens(
    path: Path, tokenizer: Tokenizer | None = None
) -> TokenFile:
    """Open a token file; with a tokenizer, check that it made the file.

    Raises UserError, naming the file, if a part is missing or damaged.
    """
    description = read_json(_description_path(path))
    if not path.is_file():
        raise UserError(f"{path} does not exist; make the token file again")
    try:
        if description["sha256"] != sha256(path):
            raise _damaged(path, "its SHA-256 is not the recorded one")
        made_by = description["tokenizer"]
        token_file = _open(path, description)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise _damaged(_description_path(path), reason) from error
    if tokenizer is not None and made_by != tokenizer.fingerprint:
        raise UserError(
            f"{path} was made with another tokenizer; make it again with "
            "this one, or load the one that made it"
        )
    return token_file


def _description_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _write_documents(
    file: IO[bytes],
    tokenizer: Tokenizer,
    documents: Iterable[tuple[str, str]],
    rows: list[dict[str, Any]],
) -> int:
    """Write the array, a document at a time; return its length.

    NumPy leaves room in the header for a length that is not known yet.
    """
    first = tokenizer.end_of_text
    begin = np.array([] if first is None else [first], tokenizer.dtype)
    total = 0
    _write_header(file, tokenizer.dtype, total)
    for name, text in documents:
        try:
            ids = tokenizer.encode_to_array(text)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        size = len(text.encode())
        rows.append({"name": name, "start": total, "num_bytes": size})
        for part in (begin, ids):
            file.write(part.astype(_little(tokenizer.dtype)).tobytes())
            total += len(part)
    file.seek(0)
    _write_header(file, tokenizer.dtype, total)
    return total


def _write_header(file: IO[bytes], dtype: np.dtype[Any], size: int) -> None:
    npy.write_array_header_1_0(
        file,
        {
            "descr": npy.dtype_to_descr(_little(dtype)),
            "fortran_order": False,
            "shape": (size,),
        },
    )


def _little(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


def _open(path: Path, description: dict[str, Any]) -> TokenFile:
    """Map the ids and lay out the documents; both must fit together."""
    rows = description["documents"]
    starts = np.array([row["start"] for row in rows], np.int64)
    num_bytes = np.array([row["num_bytes"] for row in rows], np.int64)
    try:
        ids = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    bounds = [0, *starts, len(ids)]
    fits = (
        ids.shape == (description["num_ids"],)
        and ids.dtype.name == description["dtype"]
        and ids.dtype.name in ("uint16", "uint32")
        and len(rows) > 0
        and starts[0] == 0
        and bool(np.all(np.diff(bounds) >= 0))
        and bool(np.all(num_bytes >= 0))
    )
    if not fits:
        raise _damaged(
            _description_path(path), f"it does not describe {path.name}"
        )
    names = tuple(str(row["name"]) for row in rows)
    return TokenFile(
        ids=ids, starts=starts, num_bytes=num_bytes, names=names
    )


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path} is damaged ({reason}); make the token file again"
    )
