"""How the records came to be: commands, machines, seeds, minutes.

A record says it itself, or it stands in `benchmarks/records.toml`, under
the record's path in `benchmarks/results/`, or under that of its folder.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from octavo.book.recordings import Run
from octavo.book.records import RECORDS, records_named
from octavo.foundation import UserError, check_known

ENTRIES = "records.toml"  # beside the folder of the records
Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a record came to be, as far as anybody wrote it down.

    By commands, or from a `source`, such as an entry of the log.
    """

    command: tuple[str, ...] = ()
    source: str = ""
    minutes: float | None = None
    seed: str = ""
    machine: Facts = field(default_factory=dict)


def read_origins(start: Path) -> dict[str, Origin]:
    """Return the origins of all records of a clone, by their names.

    Raises UserError for an entry of no record, and for one that repeats
    what the record says.
    """
    folders = (start.resolve(), *start.resolve().parents)
    found = (folder / RECORDS for folder in folders)
    results = next((path for path in found if path.is_dir()), None)
    if results is None:
        return {}
    listed = results.with_name(ENTRIES)
    text = listed.read_text("utf-8") if listed.exists() else ""
    entries: Facts = tomllib.loads(text)
    for path in results.rglob("*.json"):
        if {"command", "source"} & said_by(path).keys():
            entries.setdefault(path.relative_to(results).as_posix(), {})
    return {
        name: _origin(results / name, name, entry)
        for name, entry in entries.items()
    }


def _origin(record: Path, name: str, entry: Facts) -> Origin:
    """Return what an entry and its record say together."""
    if not record.exists():
        raise UserError(f'{ENTRIES}: there is no record "{name}"')
    known = [one.name for one in fields(Origin)]
    check_known(f'fact of "{name}" in {ENTRIES}', entry, known)
    said = said_by(record)
    if twice := sorted(entry.keys() & said.keys() - {"machine"}):
        raise UserError(f'{ENTRIES}: "{name}" says its {twice[0]} itself')
    facts = {**entry, **said}
    command = facts.get("command", ())
    if not command and "source" not in facts:
        raise UserError(f'{ENTRIES}: which command made "{name}"?')
    facts["command"] = (
        (command,) if isinstance(command, str) else tuple(command)
    )
    facts["seed"] = str(facts.get("seed", ""))
    machine = {**entry.get("machine", {}), **said.get("machine", {})}
    return Origin(**{**facts, "machine": machine})


def said_by(record: Path) -> Facts:
    """Return what a record itself says of how it came to be."""
    if record.is_dir():
        return _said_by_run(record)
    if record.suffix != ".json":
        return {}
    content = json.loads(record.read_text("utf-8"))
    return {key: content[key] for key in KEPT if key in content}


KEPT = ("command", "source", "machine", "minutes", "seed")


def _said_by_run(folder: Path) -> Facts:
    """Return what a run's recipe says, and its clock at the end."""
    recipe, metrics = folder / "recipe.toml", folder / "metrics.jsonl"
    if not recipe.exists():
        return {}
    made = tomllib.loads(recipe.read_text("utf-8"))
    rows = map(json.loads, metrics.read_text("utf-8").splitlines())
    seconds = [row["seconds"] for row in rows if "seconds" in row]
    versions = {name: made[name] for name in ("octavo", "torch")}
    return {
        "seed": made["training"]["seed"],
        "minutes": seconds[-1] / 60,
        "machine": {"versions": versions},
    }


def entry_of(record: str, origins: Iterable[str]) -> str | None:
    """Return the entry that a record belongs to: its own, or a folder's.

    >>> entry_of("runs/ten/metrics.jsonl", ["runs/ten", "runs/two"])
    'runs/ten'
    """
    path = PurePosixPath(record)
    names = [one.as_posix() for one in (path, *path.parents)]
    known = set(origins)
    return next((name for name in names if name in known), None)


def records_of(run: Run) -> list[str]:
    """Return the records that a snippet itself reads, in its order."""
    if run.block.kind != "python":
        return []
    code = run.block.code
    return sorted(records_named(code), key=code.index)


def origin_faults(
    runs: Iterable[Run], origins: dict[str, Origin]
) -> Iterator[str]:
    """Yield a line for each record that is read and has no entry."""
    for run in runs:
        for record in records_of(run):
            if entry_of(record, origins) is None:
                where = run.chapter.where(run.block.line)
                yield (
                    f'{where}: benchmarks/{ENTRIES} does not say how "'
                    f'{record}" was made'
                )
