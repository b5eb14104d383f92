"""Files that tell when a byte of them was changed.

A sealed JSON file carries the SHA-256 of all else that is in it. A folder's
`checksums.json`, itself sealed, holds the SHA-256 of files beside it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from octavo.foundation.errors import UserError
from octavo.foundation.files import (
    json_as_bytes,
    read_json,
    sha256,
    write_bytes,
)

SEAL = "seal"
CHECKSUMS = "checksums.json"


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file that tells when it was changed."""
    write_bytes(path, _sealed(content))


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a sealed JSON file; UserError if it is not what was written."""
    content = read_json(path)
    if isinstance(content, dict) and SEAL in content:
        del content[SEAL]
        if _sealed(content) == path.read_bytes():
            return content
    raise UserError(f"{path} is damaged: its content is not what it seals")


def _sealed(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a sealed file: the seal is of all before it."""
    seal = hashlib.sha256(json_as_bytes(content)).hexdigest()
    return json_as_bytes({**content, SEAL: seal})


def checksums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of those of the named files that exist."""
    return {
        name: sha256(folder / name)
        for name in names
        if (folder / name).is_file()
    }


def changed(folder: Path, recorded: Mapping[str, str]) -> list[str]:
    """Return the names whose files are gone or not as recorded."""
    found = checksums(folder, recorded)
    return [name for name in recorded if found.get(name) != recorded[name]]


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Record files that are written once, in `checksums.json`."""
    write_sealed(folder / CHECKSUMS, checksums(folder, sorted(names)))


def require_unchanged(
    folder: Path, names: Iterable[str] | None = None
) -> None:
    """Raise UserError naming a recorded file that was changed, or is gone.

    `names` are those to look at, all if None. A folder without
    `checksums.json` was made by hand or by others: nothing is asked of it.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        return
    recorded = read_sealed(path)
    wanted = recorded if names is None else set(names) & set(recorded)
    for name in changed(folder, {name: recorded[name] for name in wanted}):
        found = (folder / name).is_file()
        what = "is not what was written" if found else "does not exist"
        raise UserError(
            f"{folder / name} {what}: put it back as it was, or, if that "
            f"is meant, remove {path}"
        )
