"""What the book's snippets and commands printed when they were run.

A chapter's recordings stand in `recorded/CHAPTER.json`. Each carries the
fingerprint of what was run and of all the code that this depends on: when
either changes, the recording is stale, and the book does not build.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from octavo.book.document import Chapter, Fence, Value
from octavo.book.library import Definition, find
from octavo.book.reach import fingerprint, reached_by_code, reached_by_verb
from octavo.book.records import records_read
from octavo.foundation import UserError
from octavo.foundation.files import read_json, write_text

FIGURES = "octavo.book.figures"  # where the programs that draw are
AGAIN = "run `octavo book record {}`"

Wanted = dict[str, dict[str, str]]  # name: field: where the book wants it


@dataclass(frozen=True)
class Recording:
    """What one run printed, and the values of it that the book names."""

    of: str  # the fingerprint of what was run
    output: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A block that runs, what it needs and what the book wants of it."""

    chapter: Chapter
    block: Fence
    of: str
    fields: tuple[str, ...]
    recording: Recording | None

    @property
    def fresh(self) -> bool:
        """Return whether the recording is of this code, and has it all."""
        found = self.recording
        return (
            found is not None
            and found.of == self.of
            and set(self.fields) <= set(found.values)
        )


def list_runs(chapters: Iterable[Chapter]) -> list[Run]:
    """Return all that the book runs, each with its recording if it has one.

    Raises UserError for two runs of one name, and for a value of none.
    """
    chapters = list(chapters)
    wanted = wanted_fields(chapters)
    runs: dict[str, Run] = {}
    for chapter in chapters:
        for run in _runs_of(chapter, wanted):
            if run.block.name in runs:
                where = chapter.where(run.block.line)
                raise UserError(f'{where}: a second "{run.block.name}"')
            runs[run.block.name] = run
    for name in wanted.keys() - runs.keys():
        where = min(wanted[name].values())
        raise UserError(f'{where}: nothing that runs is called "{name}"')
    return list(runs.values())


def _runs_of(chapter: Chapter, wanted: Wanted) -> Iterable[Run]:
    """Yield a chapter's runs.

    A snippet depends on all that ran before it in its chapter, a command
    only on the commands: they share a folder, and no names. Solutions run
    after the snippets of the chapter that they solve.
    """
    recorded = read_recordings(chapter)
    commands, everything = "", code_before(chapter)
    for block in chapter.fences("python", "sh"):
        before = commands if block.kind == "sh" else everything
        needed, read = _needs(chapter, block)
        of = fingerprint(before + block.code + read, needed)
        fields = tuple(sorted(wanted.get(block.name, ())))
        yield Run(chapter, block, of, fields, recorded.get(block.name))
        everything += block.code + "\n"
        commands += block.code + "\n" if block.kind == "sh" else ""


def _needs(chapter: Chapter, block: Fence) -> tuple[list[Definition], str]:
    """Return what a block depends on: definitions, and records' text."""
    where, folder = chapter.where(block.line), chapter.folder
    if block.kind == "sh":
        return reached_by_verb(command_words(block.code, where)[1]), ""
    code = code_before(chapter) + "\n".join(
        one.code
        for one in chapter.fences("python")
        if one.line <= block.line
    )
    try:
        return reached_by_code(code), records_read(code, folder)
    except SyntaxError as error:
        raise UserError(f"{where}: no Python: {error.msg}") from error
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def code_before(chapter: Chapter) -> str:
    """Return the snippets of the chapter that solutions go on from."""
    before = chapter.after.fences("python") if chapter.after else ()
    return "".join(f"{one.code}\n" for one in before)


def command_words(code: str, where: str) -> list[str]:
    """Return a command as words: `octavo`, a verb, and so on."""
    words = shlex.split(code.replace("\\\n", " "))
    if len(words) < 2 or words[0] != "octavo":
        raise UserError(f"{where}: a command begins with octavo and a verb")
    return words


def wanted_fields(chapters: Iterable[Chapter]) -> Wanted:
    """Return the values that sentences and figures name."""
    wanted: Wanted = {}
    for chapter in chapters:
        for line, inline in chapter.inlines():
            if isinstance(inline, Value):
                fields = wanted.setdefault(inline.name, {})
                fields.setdefault(inline.field, chapter.where(line))
        for block in chapter.fences("figure"):
            where = chapter.where(block.line)
            for field in parameters(block, where):
                name = block.options.get("of", "")
                wanted.setdefault(name, {}).setdefault(field, where)
    return wanted


def parameters(block: Fence, where: str) -> list[str]:
    """Return the values that a figure's program takes."""
    try:
        program = find(f"{FIGURES}.{block.name}").node
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    arguments = getattr(program, "args", None)
    return [one.arg for one in arguments.args] if arguments else []


def recordings_file(chapter: Chapter) -> Path:
    """Return where a chapter's recordings stand."""
    return chapter.folder / "recorded" / f"{chapter.name}.json"


def read_recordings(chapter: Chapter) -> dict[str, Recording]:
    """Return a chapter's recordings by the name of what ran."""
    path = recordings_file(chapter)
    if not path.exists():
        return {}
    return {name: Recording(**one) for name, one in read_json(path).items()}


def write_recordings(
    chapter: Chapter, recordings: dict[str, Recording]
) -> None:
    """Write a chapter's recordings, in the order in which they ran."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(asdict(one), ensure_ascii=False)}"
        for name, one in recordings.items()
    ]
    path = recordings_file(chapter)
    if lines or path.exists():  # a line for each, to see what changed
        write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def recording_faults(
    chapters: Iterable[Chapter], runs: list[Run]
) -> Iterator[str]:
    """Yield a line for all that is not recorded, stale or of no use."""
    for run in runs:
        name = run.block.name
        where = run.chapter.where(run.block.line)
        again = AGAIN.format(run.chapter.name)
        if run.recording is None:
            yield f'{where}: "{name}" is not recorded; {again}'
        elif not run.fresh:
            yield (
                f'{where}: the recording of "{name}" is stale: it, or code '
                f"that it depends on, has changed; {again}"
            )
        elif unused := run.recording.values.keys() - set(run.fields):
            yield (
                f'{where}: "{name}" records {min(unused)}, which the book '
                f"does not use; {again}"
            )
    known, quoted = {run.block.name for run in runs}, _quoted(runs)
    for chapter in chapters:
        yield from _unused(chapter, known, quoted)


def _unused(
    chapter: Chapter, known: set[str], quoted: set[str]
) -> Iterator[str]:
    """Yield a line for each output not shown, or of what runs no more."""
    again = AGAIN.format(chapter.name)
    shown = {block.name for block in chapter.fences("output")}
    for name in sorted(shown - known):
        yield f'{chapter.file}: no run is called "{name}"'
    for name, recording in read_recordings(chapter).items():
        if name not in known:
            yield (
                f'{chapter.file} has a recording of "{name}", '
                f"which nothing there is called; {again}"
            )
        elif recording.output and name not in shown | quoted:
            yield (
                f'{chapter.file}: "{name}" prints what no output '
                "block shows"
            )


def _quoted(runs: list[Run]) -> set[str]:
    """Return the runs whose values the book names."""
    return {run.block.name for run in runs if run.fields}
