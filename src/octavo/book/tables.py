"""The tables that the press makes: what stands behind the numbers.

Each is made, when the book is woven, of what the chapters have, of their
recordings, and of what is known about the records. So none of them can
disagree with the book.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from string import ascii_lowercase, ascii_uppercase
from typing import Any, TypeVar

from octavo.book.document import (
    Block,
    Chapter,
    Code,
    Heading,
    Inline,
    Link,
    Styled,
    Table,
    Text,
)
from octavo.book.origins import Facts, Origin, entry_of, records_of
from octavo.book.recordings import Run
from octavo.foundation import check_known
from octavo.text.catalogue import CATALOGUE

Cell = list[Inline]
Machine = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Behind:
    """All that the tables are made of."""

    chapters: list[Chapter]
    runs: list[Run]
    origins: dict[str, Origin]

    def runs_of(self, chapter: Chapter) -> list[Run]:
        """Return a chapter's runs that print something, or give a value."""
        return [
            run
            for run in self.runs
            if run.chapter is chapter
            and run.recording
            and (run.recording.output or run.fields)
        ]

    def read(self) -> dict[str, list[Run]]:
        """Return the records' entries in reading order, with readers."""
        found: dict[str, list[Run]] = {}
        for run in self.runs:
            for entry in self.entries(run):
                found.setdefault(entry, []).append(run)
        return found

    def entries(self, run: Run) -> list[str]:
        """Return the entries of the records that a run reads, each once."""
        named = (entry_of(one, self.origins) for one in records_of(run))
        return list(dict.fromkeys(one for one in named if one))


def fill_tables(behind: Behind) -> None:
    """Make every table of the book that names a program."""
    for chapter in behind.chapters:
        for block in chapter.all_blocks():
            if isinstance(block, Table) and block.program:
                where = chapter.where(block.line)
                check_known(f"table at {where}", [block.program], TABLES)
                columns, rows = TABLES[block.program](behind)
                block.aligned = list(columns.values())
                block.rows = [[[Text(name)] for name in columns], *rows]


Made = tuple[dict[str, str], list[list[Cell]]]  # columns: alignment; rows


def runs_table(behind: Behind) -> Made:
    """Name, section by section, what a chapter's numbers come from.

    What the page does not show is in brackets.
    """
    letters = lettered(behind.read(), ascii_lowercase)
    rows: list[list[Cell]] = []
    for chapter in behind.chapters:
        runs = behind.runs_of(chapter)
        cell: Cell = [Styled("emphasis", chapter.title), Text(": ")]
        for section in sections_of(runs):
            cell += [_link(section), Text("\u00a0")]
            for run in runs:
                if section_of(run) is section:
                    read = [letters[x] for x in behind.entries(run)]
                    cell += [_name(run), *_marks(read), Text(", ")]
            cell[-1] = Text(";\u2002")
        cell[-1] = Text(".")
        rows += [[[Text(chapter.number)], cell]] if runs else []
    columns = {"": "right", "chapter, sections and their code": "left"}
    return columns, rows


def records_table(behind: Behind) -> Made:
    """Say of each record what made it, how long, where, who reads it."""
    read = behind.read()
    letters = lettered(read, ascii_lowercase)
    machines = lettered(machines_of(behind), ascii_uppercase)
    rows: list[list[Cell]] = []
    for entry, runs in read.items():
        origin = behind.origins[entry]
        minutes = f"{origin.minutes:.0f}" if origin.minutes else DASH
        links = [_link(section) for section in sections_of(runs)]
        machine = machines.get(machine_key(origin), DASH)
        words = minutes, origin.seed or DASH, machine
        cells: list[Cell] = [[Text(word)] for word in words]
        name: Cell = [Code(entry)]
        rows.append([[Text(letters[entry])], name, *cells, _listed(links)])
        rows += [[[], [Code(command)]] for command in origin.command]
        rows += [[[], [Text(origin.source)]]] if origin.source else []
    columns = {"": "left", "record": "left", "minutes": "right"}
    others = ("seed", "machine", "read in")
    return {**columns, **dict.fromkeys(others, "left")}, rows


DASH = "\u2013"


def machines_table(behind: Behind) -> Made:
    """Describe the machines of the records, a column for each."""
    machines = machines_of(behind)
    told = list(map(described, machines.values()))
    packages = {key for one in told for key in one} - set(SHOWN.values())
    packages.discard("octavo")  # the imprint has it
    *words, day = SHOWN.values()
    keys = [*words, *sorted(packages), day]
    said = [
        (key, *(one.get(key, DASH) for one in told))
        for key in keys
        if any(key in one for one in told)
    ]
    rows: list[list[Cell]] = [
        [[Text(word)] for word in row] for row in said
    ]
    letters = lettered(machines, ascii_uppercase).values()
    return dict.fromkeys(("", *letters), "left"), rows


def machines_of(behind: Behind) -> dict[Machine, list[Facts]]:
    """Return the machines of the records, with what each record says."""
    found: dict[Machine, list[Facts]] = {}
    for entry in behind.read():
        origin = behind.origins[entry]
        if any(key := machine_key(origin)):
            found.setdefault(key, []).append(origin.machine)
    return found


def machine_key(origin: Origin) -> Machine:
    """Return what tells one machine from another."""
    return tuple(origin.machine.get(key) for key in ("cpu", "cores", "gpu"))


def lettered(names: Collection[T], letters: str) -> dict[T, str]:
    """Give each name a letter, in their order."""
    assert len(names) <= len(letters)
    return dict(zip(names, letters, strict=False))


def described(facts: list[Facts]) -> dict[str, str]:
    """Return what some records say of one machine, each thing once."""
    told: dict[str, list[str]] = {}
    for one in facts:
        known = {
            words: one[key] for key, words in SHOWN.items() if key in one
        }
        for key, value in (known | one.get("versions", {})).items():
            seen = told.setdefault(key, [])
            seen += [str(value)] * (str(value) not in seen)
    told[DAY] = list(map(_day, told.get(DAY, [])))
    words = {key: ", ".join(said) for key, said in told.items() if said}
    if "system" in words:  # Linux-6.18.44-x86_64-with-glibc2.36
        words["system"] = words["system"].partition("-")[0]
    return words


DAY = "measured on"
SHOWN = {
    "cpu": "processor",
    "cores": "cores",
    "gpu": "graphics card",
    "system": "system",
    "python": "Python",
    "date": DAY,
}


def corpora_table(_behind: Behind) -> Made:
    """List the corpora, each under the file that it is taken from."""
    rows: list[list[Cell]] = []
    for download in dict.fromkeys(x.download for x in CATALOGUE.values()):
        size = f", {download.size:,} bytes, "
        name, checksum = Code(download.file_name), Code(download.sha256)
        rows.append([[name, Text(size), checksum]])
        rows += [
            [
                [Text(one.name)],
                [Text(f"{one.documents:,}")],
                [Text(f"{one.size:,}")],
            ]
            for one in CATALOGUE.values()
            if one.download is download
        ]
    columns = {"corpus": "left", "documents": "right", "bytes": "right"}
    return columns, rows


TABLES: dict[str, Callable[[Behind], Made]] = {
    "runs": runs_table,
    "records": records_table,
    "machines": machines_table,
    "corpora": corpora_table,
}


def section_of(run: Run) -> Heading:
    """Return the heading of the section that a run stands in."""
    last: Block | None = None
    for block in run.chapter.all_blocks():
        if isinstance(block, Heading) and block.level < 3:
            last = block
        if block is run.block:
            break
    assert isinstance(last, Heading)
    return last


def sections_of(runs: Iterable[Run]) -> list[Heading]:
    """Return the sections that runs stand in, each once."""
    found = map(section_of, runs)
    return list({id(section): section for section in found}.values())


def _name(run: Run) -> Inline:
    """Return a run's name, in brackets if the page does not show it."""
    name = run.block.name
    return Code(f"({name})" if "hidden" in run.block.options else name)


def _link(section: Heading) -> Inline:
    """Return a section's number, which leads there if it can."""
    number = Text(section.number)
    if not section.label:
        return number
    return Link(f"#{section.label}", [number])


def _marks(letters: list[str]) -> Cell:
    """Return the letters of records, as they stand behind a name."""
    words = "\u00a0".join(letters)
    return (
        [Text("\u00a0"), Styled("emphasis", [Text(words)])] if words else []
    )


def _day(iso: str) -> str:
    """Return a day in words: 25 November 2026."""
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def _listed(inlines: list[Any]) -> Cell:
    """Return inlines with commas between them."""
    cell: Cell = []
    for inline in inlines:
        cell += [Text(", "), inline] if cell else [inline]
    return cell
