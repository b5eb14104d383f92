"""The persons of the plays: their names, and who they are.

The editions write speakers in several ways ("Ber." in Hamlet, capitals in
most plays), and under one word they mean another person in each: "KING." is
Claudius, Ferdinand or one of four Henrys. `persons.txt` mends that. It also
holds what each play's list of persons says of somebody.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Small words of names: "Duke of Venice", "Joan la Pucelle".
SMALL = {"of", "the", "and", "la", "de", "du", "to"}
ORDINALS = {"1": "first", "i": "first", "2": "second", "3": "third"}
# Words for several at once, who have no one speaker's name.
TOGETHER = re.compile(
    r"\b(?:all|both|some|and|banditti|children|chorus|commons|danes|gentlemen"
    r"|[\w-]*(?:servants|servingmen|serving-men|lords|ladies|citizens)"
    r"|soldiers|senators|patricians|plebeians|tribunes|aediles|romans"
    r"|goths|ghosts|knights|mariners|players|princes|conspirators)\b|[,&]"
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person of a play: how one calls them, and who they are.

    `labels` are what the edition prints above their speeches, in small
    letters; `who` is "" where the list of persons says nothing. A name
    that is a rank or a part has its article: "the Duke of Venice".
    """

    play: str
    name: str
    labels: tuple[str, ...]
    who: str


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A play's title, its document, and those whom its list names."""

    play: str
    title: str
    persons: tuple[Person, ...]

    def speaker(self, label: str) -> str:
        """Return the name behind a label; "" for several at once."""
        key = plain_label(label)
        for person in self.persons:
            if key in person.labels:
                return person.name
        if TOGETHER.search(key) or ". " in key:
            return ""
        name = in_title_case(key)
        return name if "s' " in name or "'s " in name else f"the {name}"


@cache
def all_casts() -> dict[str, Cast]:
    """Return document name -> cast, of all plays in the corpus."""
    text = files(__package__).joinpath("persons.txt").read_text("utf-8")
    casts = {}
    for part in re.split(r"^# ", text, flags=re.M)[1:]:
        head, *lines = part.strip().split("\n")
        title, play = _fields(head, 2)
        persons = tuple(_person(play, line) for line in lines)
        casts[play] = Cast(play=play, title=title, persons=persons)
    return casts


def plain_label(label: str) -> str:
    """Return a speaker's label in small letters, without its full stop.

    >>> plain_label("FIRST  WITCH."), plain_label("2 Musician.")
    ('first witch', 'second musician')
    """
    words = " ".join(label.split()).rstrip(".-").casefold().split(" ")
    words[0] = ORDINALS.get(words[0], words[0])
    return " ".join(words).removeprefix("a ")


def in_title_case(words: str) -> str:
    """Return a name as one writes it.

    >>> in_title_case("jaques de bois"), in_title_case("serving-man")
    ('Jaques de Bois', 'Serving-Man')
    """
    first, *rest = re.split(r"(?<=[\s-])", words)
    return first.capitalize() + "".join(
        part if part.strip() in SMALL else part.capitalize()
        for part in rest
    )


def _person(play: str, line: str) -> Person:
    """Return the person of a line: name, labels, who."""
    name, labels, who = _fields(line, 3)
    called = labels.split(", ") if labels else [name.removeprefix("the ")]
    return Person(
        play=play,
        name=name,
        labels=tuple(plain_label(label) for label in called),
        who=who,
    )


def _fields(line: str, number: int) -> list[str]:
    """Return the fields of a line between bars; "" where it ends early."""
    fields = [field.strip() for field in line.split("|")]
    return fields + [""] * (number - len(fields))
