"""A small book, written anew for each test."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from octavo.book.recordings import list_runs
from octavo.book.running import record
from octavo.book.weaving import Book, read_chapters, weave
from octavo.foundation import UserError


@dataclass(frozen=True)
class SmallBook:
    folder: Path

    def write(self, text: str, name: str = "01-small.md") -> None:
        (self.folder / name).write_text(text, "utf-8")

    def record(self, tell: Callable[[str], None] = str) -> None:
        record(list_runs(read_chapters(self.folder)), tell)

    def weave(self) -> Book:
        return weave(self.folder)

    def fault(self, act: str = "weave") -> str:
        """What is said when the book cannot be woven, or recorded."""
        with pytest.raises(UserError) as caught:
            getattr(self, act)()
        return str(caught.value)


@pytest.fixture
def book(tmp_path) -> SmallBook:
    return SmallBook(tmp_path)
