"""One program at a time: a lock that dies with whoever holds it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from octavo.foundation.errors import UserError
from octavo.foundation.files import writing

FAR = (
    1 << 30
)  # a byte that nobody reads: Windows keeps locked ones to itself


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; UserError if another program holds it.

    The system takes the lock back when a program ends, however it ends, so
    the file `.lock` that stays behind means nothing by itself.
    """
    path = folder / ".lock"
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _lock(handle):
            raise UserError(
                f"another program{_who(path)} is at work on {folder}: wait "
                "for its end, or stop it"
            )
        with suppress(OSError):  # a full disk: then it stays unsaid
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def in_use(folder: Path) -> bool:
    """Return whether a program holds a folder's lock at this moment."""
    try:
        handle = os.open(folder / ".lock", os.O_RDWR)
    except OSError:  # nobody ever took it, or it is not ours to take
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def _who(path: Path) -> str:
    """Return who holds a lock, as far as it has said so."""
    number = path.read_text("ascii", "replace").strip()
    return f" (process {number})" if number.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        """Lock an open file; return whether it was free."""
        os.lseek(handle, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        """Lock an open file; return whether it was free.

        Some file systems have no locks at all: there, it is free.
        """
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
