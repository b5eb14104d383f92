"""The record of a run: `metrics.jsonl`, and `samples.md` made from it.

A line for each thing that happened: `{"step": 12, "loss": 4.1, ...}`. The
key beside `step` says what it is: `loss` (beside it `gradient_norm`,
`learning_rate_share` and `seconds`), `held_out_glance`, `peak_memory` (in
bytes), `track` (beside it the `usual` loss in bits per byte), `sample`,
`non_finite` (see `trouble`), once `runs_away`, and at the end `final`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from octavo.foundation import UserError
from octavo.foundation.files import (
    flush,
    sha256,
    write_bytes,
    write_text,
    writing,
)

Row = dict[str, Any]
METRICS, SAMPLES = "metrics.jsonl", "samples.md"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How far a record went at a checkpoint, and what it said by then."""

    size: int = 0  # in bytes
    sha256: str = hashlib.sha256().hexdigest()

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the mark at the present end of a record."""
        if not path.is_file():
            return cls()
        return cls(size=path.stat().st_size, sha256=sha256(path))

    def cut(self, path: Path) -> bytes:
        """Return a record up to the mark; UserError if it was changed."""
        content = path.read_bytes()[: self.size]
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise UserError(
                f"{path} is not what was written, up to its byte "
                f"{self.size:,}: put it back as it was, or remove it to go "
                "on without the record of what came before"
            )
        return content


@dataclass(frozen=True)
class Metrics:
    """`metrics.jsonl`: a line for each step, measurement and sample."""

    folder: Path
    rows: list[Row]
    # Who else is told each line as it is added.
    followers: list[Callable[[Row], None]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what a run has recorded."""
        return cls(folder, read_rows(folder / METRICS))

    @classmethod
    def reopen(cls, folder: Path, mark: Mark) -> Self:
        """Read the record and forget what came after a mark.

        What a killed run wrote beyond its last checkpoint is done again,
        and so is the closing score; without a checkpoint, everything is.
        """
        path = folder / METRICS
        content = mark.cut(path) if mark.size else b""
        metrics = cls(folder, list(_parse(content.split(b"\n"), path)))
        write_bytes(path, content)
        metrics._write_samples()
        return metrics

    def add(self, **row: Any) -> None:
        """Append a line; samples.md follows when it holds a sample."""
        self.rows.append(row)
        path = self.folder / METRICS
        with (
            writing(path),
            path.open("a", encoding="utf-8", newline="\n") as file,
        ):
            file.write(_as_line(row))
        if "sample" in row:
            self._write_samples()
        for follow in self.followers:
            follow(row)

    def flush(self) -> None:
        """Ask the system to put the record on the disk."""
        path = self.folder / METRICS
        if path.is_file():
            with writing(path):
                flush(path)

    def of(self, key: str) -> list[tuple[int, Any]]:
        """Return (step, value) of every line that holds a key."""
        return [(row["step"], row[key]) for row in self.rows if key in row]

    def _write_samples(self) -> None:
        """Write samples.md from the samples among the lines."""
        parts = [
            f"## Step {step}\n\n```text\n{text}\n```\n"
            for step, text in self.of("sample")
        ]
        write_text(
            self.folder / SAMPLES,
            "\n".join(["# What the model wrote as it learned\n", *parts]),
        )


def read_rows(path: Path) -> list[Row]:
    """Read metrics; a last line torn by a kill is left out."""
    if not path.is_file():
        return []
    return list(_parse(path.read_bytes().split(b"\n"), path))


def _parse(lines: list[bytes], path: Path) -> Iterable[Row]:
    """Yield the rows; only the last line may be incomplete."""
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            row = json.loads(line)
            assert isinstance(row["step"], int)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            if number == len(lines):
                return
            raise UserError(
                f"{path}, line {number}, is damaged: remove the line"
            ) from error
        yield row


def _as_line(row: Row) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
