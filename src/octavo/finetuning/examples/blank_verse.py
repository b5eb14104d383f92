"""Blank verse in a sonnet's form, from the plays: what teaches to count.

Of sonnets there are too few to learn from them when a part ends. Speeches
in verse have thousands of places where four lines, or two, can be cut out;
put together like a sonnet's parts they have its form and not its rhymes,
and they are not called sonnets.
"""

from collections.abc import Iterable, Iterator
from random import Random

from octavo.finetuning.examples.plays import Play
from octavo.finetuning.examples.sonnets import (
    Lines,
    asked_either_way,
    mixed,
)
from octavo.finetuning.examples.topics import Topic
from octavo.finetuning.examples.verse import VERSE, is_in_verse

NUMBER = 2000
STOPS, PAUSES = ".!?", ".!?;:,-"  # where a sentence ends; where it rests


def blank_verse_topics(
    plays: Iterable[Play], random: Random
) -> Iterator[Topic]:
    """Ask for fourteen lines of blank verse, perhaps about something."""
    quatrains, couplets = cuttings(plays)
    made = mixed(quatrains, couplets, NUMBER, random)
    yield from asked_either_way("blank-verse", made, random)


def cuttings(plays: Iterable[Play]) -> tuple[list[Lines], list[Lines]]:
    """Return quatrains and couplets of the speeches, none twice.

    A quatrain begins with a sentence, and rests where it ends. Couplets
    are the last two lines of a speech, and are indented like a sonnet's.
    """
    quatrains, couplets = list[Lines](), list[Lines]()
    for play in plays:
        for speech in filter(lambda s: s.speaker, play.speeches):
            lines = list(speech.lines)
            quatrains += _quatrains(lines)
            if _is_part(lines[-2:], 2, STOPS):
                couplets.append([f"  {line}" for line in lines[-2:]])
    return quatrains, couplets


def _quatrains(lines: Lines) -> Iterator[Lines]:
    """Yield a speech's quatrains, from its first line on."""
    begin = 0
    while begin + 4 <= len(lines):
        part = lines[begin : begin + 4]
        starts = begin == 0 or lines[begin - 1][-1] in STOPS
        fits = starts and _is_part(part, 4, PAUSES)
        if fits:
            yield part
        begin += 4 if fits else 1


def _is_part(lines: Lines, length: int, ends: str) -> bool:
    """Tell whether lines are verse, so many, and end as they should."""
    return (
        len(lines) == length
        and is_in_verse(lines)
        and len(lines[-1]) in VERSE
        and lines[-1][-1] in ends
    )
