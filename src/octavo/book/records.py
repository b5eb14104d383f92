"""The records of measurements and trainings, for chapters to read.

They stand in `benchmarks/results/` of a clone. A snippet that reads one is
stale when the record changes.
"""

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from octavo.foundation import UserError

RECORDS = Path("benchmarks", "results")


def read_record(name: str) -> Any:
    """Return what a record holds: JSON, lines of JSON, TOML or words.

    `name` is its path under `benchmarks/results/`; in a snippet it is
    written out, so that the press knows which record that is.
    """
    path = find_record(name, Path.cwd())
    text = path.read_text("utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if path.suffix == ".toml":
        return tomllib.loads(text)
    return json.loads(text) if path.suffix == ".json" else text


def find_record(name: str, start: Path) -> Path:
    """Return a record's file, of the clone that a folder stands in."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / RECORDS).is_dir():
            if (path := folder / RECORDS / name).is_file():
                return path
            raise UserError(f'{RECORDS.as_posix()} has no record "{name}"')
    raise UserError(f"{start} is in no clone with {RECORDS.as_posix()}/")


def records_read(code: str, start: Path) -> str:
    """Return the text of all records that a piece of Python reads."""
    found = [find_record(name, start) for name in records_named(code)]
    return "".join(path.read_text("utf-8") for path in found)


def records_named(code: str) -> Iterator[str]:
    """Yield the names of the records that a piece of Python reads."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name("read_record"), args=[name]):
                if not isinstance(name, ast.Constant):
                    raise UserError("write the record's name out")
                yield str(name.value)
