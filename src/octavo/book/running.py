"""Runs what the book shows: `octavo book record`.

Snippets of a chapter share names, as in a notebook, in a process of their
own; commands run one by one. Both work in the folder `work/` of the book.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from octavo.book.document import Chapter
from octavo.book.recordings import (
    Recording,
    Run,
    code_before,
    command_words,
    write_recordings,
)
from octavo.foundation import UserError

Told = Callable[[str], None]


def stale(runs: Iterable[Run]) -> list[Run]:
    """Return what must run again: a snippet brings its whole chapter's."""
    runs = list(runs)
    names = {
        run.chapter.name
        for run in runs
        if run.block.kind == "python" and not run.fresh
    }
    return [
        run
        for run in runs
        if not run.fresh
        or (run.block.kind == "python" and run.chapter.name in names)
    ]


def record(runs: list[Run], tell: Told) -> None:
    """Run what is stale and write it; drop what nothing uses any more.

    `tell` gets the name of each run as it begins.
    """
    again = {run.block.name for run in stale(runs)}
    by_chapter = groupby(runs, key=lambda run: run.chapter.name)
    for _, group in by_chapter:
        one_chapter = list(group)
        chapter = one_chapter[0].chapter
        fresh = {
            run.block.name: _pruned(run)
            for run in one_chapter
            if run.block.name not in again
        }
        todo = [run for run in one_chapter if run.block.name in again]
        fresh |= dict(_run_all(chapter, todo, tell))
        order = [run.block.name for run in one_chapter]
        write_recordings(chapter, {name: fresh[name] for name in order})


def _pruned(run: Run) -> Recording:
    """Return a recording with only the values that the book still names."""
    assert run.recording is not None
    values = {name: run.recording.values[name] for name in run.fields}
    return Recording(run.of, run.recording.output, values)


def _run_all(
    chapter: Chapter, todo: list[Run], tell: Told
) -> Iterable[tuple[str, Recording]]:
    """Yield a new recording of each run: the commands' first."""
    folder = chapter.path.parent / "work"
    folder.mkdir(exist_ok=True)
    for run in todo:
        if run.block.kind == "sh":
            tell(run.block.name)
            yield run.block.name, run_command(run, folder)
    snippets = [run for run in todo if run.block.kind == "python"]
    if snippets:
        yield from run_snippets(snippets, folder, tell)


def run_command(run: Run, folder: Path) -> Recording:
    """Run a command; its values are those of the JSON that it prints."""
    where = run.chapter.where(run.block.line)
    words = command_words(run.block.code, where)
    done = subprocess.run(  # noqa: S603 (the book's own commands)
        [sys.executable, "-m", "octavo.cli", *words[1:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": "76", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise UserError(f"{where}: {' '.join(last)}")
    values = {name: pick(done.stdout, name, where) for name in run.fields}
    return Recording(run.of, done.stdout.rstrip(), values)


def pick(printed: str, name: str, where: str) -> Any:
    """Return a field of the JSON object that a command printed."""
    try:
        return json.loads(printed)[name]
    except (ValueError, TypeError, KeyError):
        raise UserError(
            f'{where}: the command prints no JSON object with "{name}"'
        ) from None


def run_snippets(
    runs: list[Run], folder: Path, tell: Told
) -> Iterable[tuple[str, Recording]]:
    """Run a chapter's snippets in one process, in their order.

    Those of solutions run after their chapter's, each solution by itself.
    """
    before = code_before(runs[0].chapter)
    asked = [
        {
            "name": r.block.name,
            "code": r.block.code,
            "fields": r.fields,
            "part": r.block.options.get("solution", ""),
        }
        for r in runs
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "octavo.book.snippets"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        json.dump({"before": before, "snippets": asked}, process.stdin)
        process.stdin.close()
        for run in runs:
            tell(run.block.name)
            answer: dict[str, Any] = json.loads(
                process.stdout.readline() or "{}"
            )
            if "output" not in answer:
                where = run.chapter.where(run.block.line)
                why = answer.get("error", "the process ended")
                raise UserError(
                    f'{where}: "{run.block.name}" failed: {why}'
                )
            yield (
                run.block.name,
                Recording(run.of, answer["output"], answer["values"]),
            )
