"""Strip an edition to its work: one small function for each kind of matter.

A step takes a text and returns it changed, with the number of changes. An
edition is a list of steps, each with the words for its count, so that what
was removed can be told, added up and tested.
"""

import re
from collections import Counter
from collections.abc import Callable

from octavo.text.corrections import CORRECTIONS, Correction

Step = Callable[[str], tuple[str, int]]
Steps = tuple[tuple[str, Step], ...]


def clean(text: str, steps: Steps) -> tuple[str, Counter[str]]:
    """Apply the steps in order; count the changes of each.

    The counts go by the step's words for what it counts.
    The cleaned text begins with a line that is not blank, and ends with
    exactly one newline.
    """
    counts: Counter[str] = Counter()
    for words, step in steps:
        text, changes = step(text)
        counts[words] += changes
    return text.strip("\n") + "\n", counts


def correct(file: str, text: str) -> tuple[str, list[Correction]]:
    """Apply the corrections for a file; return those applied.

    The archive is known by its hash, so each must be found exactly once.
    """
    applied = [each for each in CORRECTIONS if each.file == file]
    for each in applied:
        assert text.count(each.found) == 1, (file, each.found)
        text = text.replace(each.found, each.put)
    return text, applied


def replacing_all(pattern: str, put: str, flags: int = re.M) -> Step:
    """Return a step that replaces all matches of a pattern."""
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.subn(put, text)


def without_lines(pattern: str) -> Step:
    """Return a step that removes all lines that match from end to end."""
    return replacing_all(rf"^(?:{pattern})[ \t]*(?:\n|\Z)", "")


# --- Line ends and spaces, for all editions ------------------------------

TIDYING: Steps = (
    (
        "control characters removed",
        replacing_all(r"[\x00-\x08\x0b-\x1f\x7f]", ""),
    ),
    (
        "lines freed of spaces at their end",
        replacing_all(r"[ \t]+$", ""),
    ),
    (
        "gaps of more than two blank lines narrowed",
        replacing_all(r"\n{4,}", "\n\n\n"),
    ),
)

# --- The modern edition --------------------------------------------------

PLAY_BEGINS = re.compile(
    r"^(?:THE )?(?:ACT (?:I|1|FIRST)|INDUCTION|PROLOGUE)\.?[ \t]*$",
    re.M | re.I,
)
ACT_HEADING = re.compile(r"^ACT [IV]+\.\n", re.M)
POEM_BEGINS = re.compile(r"(?<=by William Shakespeare\n)")


def front_matter(text: str) -> tuple[str, int]:
    """Remove what stands before a play's first heading, or a poem.

    That is the title, the author's name, the list of persons and the
    scene of the play. Counts lines that are not blank.
    """
    begins = PLAY_BEGINS.search(text) or POEM_BEGINS.search(text)
    assert begins is not None, text[:200]
    return text[begins.start() :], _lines(text[: begins.start()])


def repeated_act_headings(text: str) -> tuple[str, int]:
    """Remove headings of an act that is already under way.

    Troilus and Cressida repeats its act before each scene.
    """
    headings = []

    def once(heading: re.Match[str]) -> str:
        headings.append(heading[0])
        return "" if headings[-2:-1] == [heading[0]] else heading[0]

    cleaned = ACT_HEADING.sub(once, text)
    return cleaned, _lines(text) - _lines(cleaned)


MODERN: Steps = (
    ("lines of titles, persons and scene removed", front_matter),
    ("marks of the end removed", without_lines(r"THE END")),
    (
        "rows of a transcriber's marks removed",
        without_lines(" *[@_*][@_* ]*"),
    ),
    ("headings of an act under way removed", repeated_act_headings),
    ("braces made brackets", replacing_all(r"\{", "[")),
    ("braces made brackets", replacing_all(r"\}", "]")),
    *TIDYING,
)

# --- The First Folio -----------------------------------------------------

FOLIO_BEGINS = re.compile(r"^(?:Actus|THE PROLOGVE|Enter) ?", re.M)
FOLIO_ENDS = re.compile(
    r"^(?:FINIS\b"
    r"|The Scene Vienna|The-, an vn-inhabited Island"
    r"|(?:The )?[Nn]ames of (?:all )?the Actors|THE ACTORS NAMES"
    r"|The life and death of King Iohn\.)",
    re.M,
)


def folio_title(text: str) -> tuple[str, int]:
    """Remove a Folio play's title. Counts lines that are not blank."""
    begins = FOLIO_BEGINS.search(text)
    assert begins is not None, text[:200]
    return text[begins.start() :], _lines(text[: begins.start()])


def folio_ending(text: str) -> tuple[str, int]:
    """Remove FINIS and the list of actors. Counts non-blank lines."""
    ends = FOLIO_ENDS.search(text)
    assert ends is not None, text[-200:]
    return text[: ends.start()], _lines(text[ends.start() :])


# The transcription lost the full stop of every speech that ends in one,
# and set the next speaker off by a blank line and three spaces instead of
# two; and where an actor leaves alone, it reads "Enter." for "Exit." (418
# times, and "Exit." never). Both are mended. Letters in brackets fill in
# what the printer abbreviated: with a stop ("M[aster].") they go, without
# ("fro[m]", a printed stroke over the o) they stay.
FOLIO: Steps = (
    ("lines of titles removed", folio_title),
    ("lines of endings and lists of actors removed", folio_ending),
    ("letters in brackets taken out", replacing_all(r"\[[a-z]+\]\.", ".")),
    ("letters in brackets let in", replacing_all(r"\[([a-z]+)\]", r"\1")),
    ("brackets never opened removed", replacing_all(r"\](?: :)?$", "")),
    (
        "lost full stops put back at the ends of speeches",
        replacing_all(r"(?<=[^\W_]|\))\n\n {3,4}(?=\S)", ".\n\n   "),
    ),
    (
        "speeches set apart by a blank line, not by spaces",
        replacing_all(r"\n+ {1,4}(?=\S)", "\n\n"),
    ),
    ('"Enter." made "Exit."', replacing_all(r"^Enter\.$", "Exit.")),
    ("printers' bars removed", replacing_all(r" ?\| ?", " ")),
    ("quotation marks made plain", replacing_all("``", '"')),
    *TIDYING,
)

# --- Milton --------------------------------------------------------------

MILTON: Steps = (
    ('"VV" made "W"', replacing_all("VV", "W")),
    ('">From" made "From"', replacing_all("^>From", "From")),
    ("line numbers removed", replacing_all(r"(?<=\S) {2,}\d+0$", "")),
    (
        "notes of the editor removed",
        replacing_all(r"^Notes?:.*\n?(?:.*\S.*\n?)*", ""),
    ),
    (
        "lists of persons removed",
        replacing_all(r"^The Persons\n+(?:\S.*\n)+\n+The Scene.*\n", ""),
    ),
    (
        "marks of the end removed",
        without_lines(
            r" *(?:THE END(?: OF THE \w+ BOOK)?|The End|Finis)\.?"
        ),
    ),
    *TIDYING,
)
# The psalms of 1648 carry verse numbers, and Hebrew words in the margin.
PSALMS: Steps = (
    (
        "glosses and line numbers in the margin removed",
        replacing_all(r"(?<=\S) {6,}\S.*$", ""),
    ),
    ("signs for them removed", replacing_all(r" \* ", " ")),
    ("signs for them removed", replacing_all(r"\*+", "")),
    (
        "verse numbers and indents removed",
        replacing_all(r"^(?:\d+)? +(?=\S)", ""),
    ),
    *MILTON,
)


def _lines(text: str) -> int:
    """Count the lines that are not blank."""
    return sum(1 for line in text.split("\n") if line.strip())
