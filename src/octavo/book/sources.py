"""The bibliography: works that the book cites, and why to read them."""

import tomllib
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
    why: str = ""  # a sentence for those who wonder whether to read it


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
    return dict(
        sorted(
            found.items(),
            key=lambda one: (one[1].short.casefold(), one[1].year),
        )
    )
