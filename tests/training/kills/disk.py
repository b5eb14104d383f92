"""A process whose every change to the disk is seen, and may be its last.

A change is a file opened for writing, the middle of a write, a flush, or a
file made, renamed, removed or given other permissions.
"""

import builtins
import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

CHANGES = {"os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}
NEEDS_ROOM = {"open", "write", "os.fsync", "os.mkdir", "os.rename"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Disk:
    """Counts the changes under a folder; `act` is called before each."""

    def __init__(self, folder: Path, act: "Act") -> None:
        self.folder, self.act = folder, act
        self.count = 0
        self.final_names: set[str] = set()  # opened under no temporary name

    def watch(self) -> None:
        """Let nothing be changed unseen from here on, in this process."""
        sys.addaudithook(self._heard)
        io.open = builtins.open = self._open
        os.fsync = lambda _handle: self.change("os.fsync")

    def change(self, kind: str) -> None:
        self.count += 1
        self.act(self.count, kind)

    def _heard(self, event: str, arguments: tuple) -> None:
        opened = event == "open" and arguments[2] & WRITING
        if not (opened or event in CHANGES):
            return
        path = self.folder / os.fsdecode(arguments[0])
        if path.is_relative_to(self.folder):
            if opened and not is_temporary(path):
                self.final_names.add(path.name)
            self.change(event)

    def _open(
        self, file, mode="r", buffering=-1, encoding=None, errors=None,
        newline=None, closefd=True, opener=None,
    ):  # fmt: skip
        """Open a file as `open` does; its writes stop in the middle."""
        if not set(mode) & set("wax+"):
            return OPEN(
                file, mode, buffering, encoding, errors, newline, closefd,
                opener,
            )  # fmt: skip
        raw = Torn(file, mode.replace("b", ""), closefd, opener)
        raw.middle = lambda: self.change("write")
        kind = io.BufferedRandom if "+" in mode else io.BufferedWriter
        if "b" in mode:
            return kind(raw)
        return io.TextIOWrapper(kind(raw), encoding, errors, newline)


OPEN = io.open


def is_temporary(path: Path) -> bool:
    """Whether a file, or a folder above it, has a temporary name."""
    return any(part.endswith(".part") for part in path.parts)


class Torn(io.FileIO):
    """A file that writes in halves, and calls `middle` between them."""

    middle: Callable[[], None]

    def write(self, content) -> int:
        view = memoryview(content).cast("B")
        half = super().write(view[: len(view) // 2])
        self.middle()
        return half + super().write(view[half:])


Act = Callable[[int, str], None]


def nothing(_number: int, _kind: str) -> None:
    """Let all changes happen."""


def killed_at(last: int) -> Act:
    """Let a change be one too many."""

    def act(number: int, _kind: str) -> None:
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def full_from(first: int) -> Act:
    """Let the disk be full from a change on."""

    def act(number: int, kind: str) -> None:
        if number >= first and kind in NEEDS_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return act
