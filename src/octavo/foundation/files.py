"""Files that are whole or absent, and the folders that they live in.

Every file is written to a temporary name beside its target, flushed to the
disk, and renamed over it: a reader sees the old file or the new one, never
half of either, whatever happens in between.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs

from octavo.foundation.errors import UserError

PART = ".part"  # ends every temporary name; a dot begins it


def cache_folder() -> Path:
    """Return the folder for downloads: $OCTAVO_CACHE or the system's."""
    chosen = os.environ.get("OCTAVO_CACHE")
    return Path(chosen or platformdirs.user_cache_dir("octavo", False))


class CannotWriteError(UserError):
    """A file that could not be written; what was there is untouched."""

    def __init__(
        self,
        path: Path,
        error: OSError,
        remedy: str = "free some space or choose another folder; what was "
        "there before is untouched",
    ) -> None:
        # Named as it would have been: ".run.part" was to become "run".
        self.path = Path(*map(_final_name, path.parts))
        self.error = error
        reason = error.strerror or str(error)
        super().__init__(f"cannot write {self.path}: {reason}; {remedy}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write into a UserError."""
    try:
        yield
    except OSError as error:
        raise CannotWriteError(path, error) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block succeeds.

    If the block fails, the temporary file is removed and `path` is as it
    was. A full disk or a missing permission is a UserError naming `path`.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=PART
        )
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            flush(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Like `replacing`, for a folder that is absent or empty.

    All its files appear under their final name at once, or not at all.
    """
    final = path.resolve()  # a link stays, and what it points to is made
    temporary = final.with_name(f".{final.name}{PART}")
    with writing(path):
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            yield temporary
            for part in (*temporary.rglob("*"), temporary):
                flush(part)
            if final.is_dir():
                final.rmdir()  # it is empty, or this fails
            temporary.replace(final)
            flush(final.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder: under its name it is whole, or it is gone."""
    temporary = path.with_name(f".{path.name}{PART}")
    with writing(path):
        shutil.rmtree(temporary, ignore_errors=True)
        path.replace(temporary)
        shutil.rmtree(temporary)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed program left in a folder.

    Only one program at a time may write there.
    """
    for path in folder.glob(f".*{PART}"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a binary file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 text file with plain line ends, whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: object) -> None:
    """Write a JSON file that people can read, whole or not at all."""
    write_bytes(path, json_as_bytes(content))


def json_as_bytes(content: object) -> bytes:
    """Return the bytes of a JSON file that people can read."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def read_json(path: Path) -> Any:
    """Read a JSON file; one that is no JSON is a UserError naming it."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is damaged: {error}; restore or remake it"
        ) from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Ask the system to put a file's bytes on the disk.

    Of a folder these are the names in it; not every system knows how.
    """
    if not path.is_dir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError, AttributeError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def require_new_folder(path: Path) -> None:
    """Raise UserError unless `path` is free: absent, or an empty folder.

    The folder that one is in cannot be replaced by a new one.
    """
    if path.is_dir() and path.samefile(Path.cwd()):
        raise UserError(f"{path} is the folder you are in: name a new one")
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        raise UserError(
            f"{path} exists and is not an empty folder: name another with "
            "--out, or remove it"
        )


def _final_name(name: str) -> str:
    """Return what a file of a temporary name is to be called."""
    temporary = name.startswith(".") and name.endswith(PART)
    return name[1 : -len(PART)] if temporary else name


def _umask() -> int:
    """Return the permissions that new files of this user do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
