"""The weaver: fills chapters with code, numbers, outputs and drawings.

After it nothing in a chapter names something elsewhere: each listing has
its code, each output its text, each value is a word, each reference has a
number. What cannot be filled is a UserError that says where.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from octavo.book.bibliography import list_sources
from octavo.book.cutting import Cut, check_width, cut
from octavo.book.document import (
    Chapter,
    Citation,
    Fence,
    Heading,
    Inline,
    Link,
    Paragraph,
    Styled,
    Table,
    Text,
    Value,
    plain,
)
from octavo.book.faults import raise_all
from octavo.book.library import find
from octavo.book.numbering import KINDS, Target, number
from octavo.book.one_file import FILE, sections
from octavo.book.origins import origin_faults, read_origins
from octavo.book.reading import read_chapter
from octavo.book.recordings import (
    FIGURES,
    Recording,
    list_runs,
    parameters,
    recording_faults,
)
from octavo.book.solutions import bind, read_solutions, solution_faults
from octavo.book.sources import Source, read_sources
from octavo.book.spelling import spelling_faults
from octavo.book.tables import Behind, fill_tables
from octavo.foundation import UserError, check_known, did_you_mean

MINUS = re.compile(r"((?<!\w)|(?<=\de))-(?=\d)")  # of a number


@dataclass
class Book:
    """All chapters, woven, and what they have in common."""

    chapters: list[Chapter]
    targets: dict[str, Target]
    sources: dict[str, Source]
    recordings: dict[str, Recording] = field(default_factory=dict)


def read_chapters(folder: Path) -> list[Chapter]:
    """Read the chapters of a book's folder, in the order of their names.

    After them come the solutions to their exercises.
    """
    paths = sorted(folder.glob("*-*.md"))
    if not paths:
        raise UserError(
            f"{folder} holds no chapters (00-name.md): run this in a clone "
            "of the project, or give --source"
        )
    chapters = [read_chapter(path) for path in paths]
    return chapters + read_solutions(folder, chapters)


def weave(folder: Path) -> Book:
    """Read a book and fill it; raise UserError for all that is amiss."""
    chapters = read_chapters(folder)
    sources = read_sources(folder / "sources.toml")
    unlisted = list_sources(chapters, sources)
    runs = list_runs(chapters)
    words = spelling_faults(chapters, folder / "words.txt")
    unsolved = solution_faults(chapters)
    origins = read_origins(folder)
    said = [*origin_faults(runs, origins), *unlisted, *unsolved]
    raise_all([*words, *recording_faults(chapters, runs), *said])
    targets = number(chapters)
    whole = [one for one in chapters if not one.after]
    fill_tables(Behind(whole, runs, origins))
    recordings = {
        run.block.name: run.recording for run in runs if run.recording
    }
    book = Book(chapters, targets, sources, recordings)
    cited: set[str] = set()
    faults: list[str] = []
    for chapter in chapters:
        faults += _Weaver(book, chapter, cited).weave()
    idle = sorted(sources.keys() - cited)
    raise_all(faults + [f'sources.toml: nothing cites "{k}"' for k in idle])
    book.chapters = bind(chapters)
    return book


class _Weaver:
    """Fills one chapter."""

    def __init__(
        self, book: Book, chapter: Chapter, cited: set[str]
    ) -> None:
        self.book, self.chapter, self.cited = book, chapter, cited
        self.faults: list[str] = []

    def weave(self) -> list[str]:
        """Fill every block, and every sentence in it; return the faults."""
        for block in self.chapter.all_blocks():
            where = self.chapter.where(block.line)
            if isinstance(block, Fence):
                with self.noting():
                    self.fence(block, where)
                block.caption = self.filled(block.caption, where)
            elif isinstance(block, Heading | Paragraph):
                block.children = self.filled(block.children, where)
            elif isinstance(block, Table):
                block.caption = self.filled(block.caption, where)
                block.rows = [
                    [self.filled(cell, where) for cell in row]
                    for row in block.rows
                ]
        first = self.chapter.blocks[0]
        assert isinstance(first, Heading)
        self.chapter.title = first.children
        return self.faults

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is amiss with one thing, and go on to the next."""
        try:
            yield
        except UserError as error:
            self.faults.append(str(error))

    def fence(self, block: Fence, where: str) -> None:
        """Fill a fenced block by its kind."""
        fill = {"listing": self.listing, "output": self.output,
                "figure": self.figure}  # fmt: skip
        if block.kind in fill:
            fill[block.kind](block, where)
        check_width(block.code.splitlines(), where)

    def listing(self, block: Fence, where: str) -> None:
        """Cut a listing from the library's source, or from the one file."""
        place, _, section = block.name.rpartition(".")
        if place == Path(FILE).stem:
            check_known(f"section at {where}", [section], sections())
            block.code, block.place = sections()[section], FILE
            return
        try:
            definition = find(block.name)
            block.code = cut(definition, Cut(**block.options))
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        block.place = definition.module.place

    def output(self, block: Fence, where: str) -> None:
        """Fill an output from its recording, or with some of its lines."""
        lines = self.book.recordings[block.name].output.splitlines()
        if shown := block.options.get("lines"):
            first, _, last = shown.partition("-")
            lines = lines[int(first) - 1 : int(last or first)]
        if not lines:
            raise UserError(f'{where}: "{block.name}" prints nothing here')
        block.code = "\n".join(lines)

    def figure(self, block: Fence, where: str) -> None:
        """Let a figure's program draw it, from a recording's values."""
        if not block.caption:
            raise UserError(f"{where}: a figure has a caption")
        values: dict[str, Any] = {}
        if wanted := parameters(block, where):
            recorded = self.book.recordings[block.options["of"]].values
            values = {name: recorded[name] for name in wanted}
        module, _, name = f"{FIGURES}.{block.name}".rpartition(".")
        program: Callable[..., str] = getattr(import_module(module), name)
        if parts := block.options.get("parts"):
            values["parts"] = parts.split(", ")
        try:
            block.picture = program(**values)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None

    def filled(self, children: list[Inline], where: str) -> list[Inline]:
        """Return inlines with every name in them looked up."""
        filled: list[Inline] = []
        for child in children:
            with self.noting():
                filled.append(self.fill(child, where))
        return filled

    def fill(self, inline: Inline, where: str) -> Inline:
        """Look up what one inline names."""
        if isinstance(inline, Value):
            return self.value(inline, where)
        if isinstance(inline, Styled):
            return Styled(inline.style, self.filled(inline.children, where))
        if isinstance(inline, Citation):
            if inline.key not in self.book.sources:
                hint = did_you_mean(inline.key, self.book.sources)
                raise UserError(f'{where}: no source "{inline.key}"{hint}')
            self.cited.add(inline.key)
        if isinstance(inline, Link):
            return self.link(inline, where)
        return inline

    def value(self, value: Value, where: str) -> Text:
        """Return a recorded value as words."""
        found = self.book.recordings[value.name].values[value.field]
        try:
            words = value.of(found)
        except (TypeError, ValueError, LookupError) as error:
            name = ".".join((value.name, value.field, *value.inside))
            raise UserError(f"{where}: {name}: {error}") from None
        return Text(MINUS.sub("\u2212", words))

    def link(self, link: Link, where: str) -> Link:
        """Give a reference its number: [figure](#shape), figure 6.2.

        [number](#shape) is 6.2 alone.
        """
        label = link.target.removeprefix("#")
        words = self.filled(link.children, where)
        if label == link.target:
            return Link(link.target, words)
        if label not in self.book.targets:
            hint = did_you_mean(label, self.book.targets)
            raise UserError(f'{where}: nothing is labelled "{label}"{hint}')
        target = self.book.targets[label]
        said = plain(words).lower()
        if said in KINDS:
            if not target.number:
                raise UserError(
                    f'{where}: "{label}" has no number: refer in words'
                )
            if said != target.kind:
                raise UserError(
                    f'{where}: "{label}" is no {said}, but {target.kind} '
                    f"{target.number}"
                )
            words = [*words, Text(f"\u00a0{target.number}")]
        elif said == "number":
            words = [Text(target.number)]
        return Link(link.target, words)
