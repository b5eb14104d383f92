"""The record of a run: `metrics.jsonl`, and `samples.md` made from it.

A line for each thing that happened: `{"step": 12, "loss": 4.1, ...}`. The
key beside `step` says what it is: `loss`, `held_out_glance`, `sample`, and
at the end `final`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from octavo.foundation import UserError
from octavo.foundation.files import cannot_write, flush, write_text

Row = dict[str, Any]


@dataclass(frozen=True)
class Metrics:
    """`metrics.jsonl`: a line for each step, measurement and sample."""

    folder: Path
    rows: list[Row]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what a run has recorded."""
        return cls(folder, read_rows(folder / "metrics.jsonl"))

    @classmethod
    def reopen(cls, folder: Path, step: int) -> Self:
        """Read the record and forget what came after `step`.

        What a killed run wrote beyond its last checkpoint is done again,
        and so is the closing score; at step 0, everything is.
        """
        rows = [
            row
            for row in cls.read(folder).rows
            if step and row["step"] <= step and "final" not in row
        ]
        metrics = cls(folder, rows)
        lines = "".join(map(_as_line, rows))
        write_text(folder / "metrics.jsonl", lines)
        metrics._write_samples()
        return metrics

    def add(self, **row: Any) -> None:
        """Append a line; samples.md follows when it holds a sample."""
        self.rows.append(row)
        path = self.folder / "metrics.jsonl"
        try:
            with path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(_as_line(row))
        except OSError as error:
            raise cannot_write(path, error) from error
        if "sample" in row:
            self._write_samples()

    def flush(self) -> None:
        """Ask the system to put the record on the disk."""
        path = self.folder / "metrics.jsonl"
        if path.is_file():
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
            self.folder / "samples.md",
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
    return json.dumps(row, ensure_ascii=False) + "\n"
