"""The bibliography: works that the book cites, and why to read them."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from octavo.foundation import UserError


@dataclass(frozen=True, kw_only=True)
class Source:
    """A paper, a book or a page."""

    authors: str
    short: str  # as a sentence names them: Vaswani et al.
    year: int
    title: str
    where: str
    why: str = ""  # for those who wonder whether to read it, as Markdown

    @property
    def cited(self) -> str:
        """Return what stands for it in a sentence: Vaswani et al. 2017."""
        return f"{self.short} {self.year}"

    @property
    def ended_title(self) -> str:
        """Return the title with a stop, unless it has one."""
        return self.title + "." * (self.title[-1] not in "?!.")


def read_sources(path: Path) -> dict[str, Source]:
    """Read the bibliography, by key, in the order of names and years."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        entries = tomllib.load(file)
    try:
        found = {key: Source(**entry) for key, entry in entries.items()}
    except TypeError as error:
        raise UserError(f"{path.name}: {error}") from None
    for cited, times in Counter(s.cited for s in found.values()).items():
        if times > 1:
            raise UserError(f'{path.name}: {times} are cited as "{cited}"')
    return dict(
        sorted(
            found.items(),
            key=lambda one: (one[1].short.casefold(), one[1].year),
        )
    )
