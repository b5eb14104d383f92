"""The versions of the project, as its changelog has them."""

import re
from dataclasses import dataclass
from pathlib import Path

RELEASE = re.compile(
    r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?\n"
    r"(?P<what>(?:(?!#).*\n)*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Release:
    """A version, its date, and in a sentence what is new in it."""

    version: str
    date: str
    what: str


def read_history(changelog: Path, coming: str) -> list[Release]:
    """Return the versions of a changelog, the newest first.

    What stands between a version's heading and its first list is the
    sentence; what is unreleased will be the version `coming`. No
    changelog, no history.
    """
    if not changelog.exists():
        return []
    found = RELEASE.finditer(changelog.read_text("utf-8"))
    return [
        Release(
            re.sub("^Unreleased$", coming, one["version"]),
            one["date"] or "",
            " ".join(one["what"].split()),
        )
        for one in found
    ]
