"""Sonnets: the real ones, and others put together from their parts.

A sonnet is three quatrains and a couplet, and so it is written here, with
a blank line between them: to count four lines three times is easier than
to count fourteen. There are only some 150 of Shakespeare's, too few to
learn the form from without learning them by heart. So quatrains and
couplets of different poems make more of them: their rhymes are right, and
the sense is not.
"""

import re
from collections.abc import Collection, Iterator
from random import Random

from octavo.finetuning.examples.topics import Topic
from octavo.finetuning.examples.verse import (
    asked_for,
    poems,
    rarity,
    subject,
)
from octavo.text import Document

MIXED = 800  # sonnets of parts from here and there
ENDS = (4, 8, 12, 14)  # of the quatrains and of the couplet
# Stanzas of these begin with a quatrain and end with a couplet.
STANZAS = ("rape-of-lucrece", "lovers-complaint", "passionate-pilgrim")
# Of stanzas in which somebody begins or ends to speak, half is no sense.
SPEECH = re.compile(r"^ *'[A-Z]|'$|.{60}", re.M)
Lines = list[str]


def sonnet_topics(
    documents: Collection[Document], random: Random
) -> Iterator[Topic]:
    """Ask for a sonnet, of any kind or about something."""
    sonnets = whole_sonnets(documents)
    rare = rarity(sonnets)
    for sonnet in sonnets:
        text = parted(sonnet.split("\n"))
        yield asked_for("sonnet", "sonnet", {}, text)
        if about := subject(sonnet, rare):
            slots = {"subject": about}
            yield asked_for("sonnet", "sonnet-about", slots, text)
    for text in mixed(*parts(documents), random):
        yield asked_for("sonnet", "sonnet", {}, text)


def whole_sonnets(documents: Collection[Document]) -> list[str]:
    """Return Shakespeare's sonnets that have fourteen lines."""
    found = poems(documents, "sonnets")
    return [poem for poem in found if poem.count("\n") == ENDS[-1] - 1]


def parted(lines: Lines) -> str:
    """Return fourteen lines with blank ones between a sonnet's parts."""
    begins = (0, *ENDS)
    return "\n\n".join(
        "\n".join(lines[begin:end])
        for begin, end in zip(begins, ENDS, strict=False)
    )


def parts(
    documents: Collection[Document],
) -> tuple[list[Lines], list[Lines]]:
    """Return all quatrains, and all couplets, indented."""
    quatrains, couplets = [], []
    for sonnet in whole_sonnets(documents):
        lines = sonnet.split("\n")
        quatrains += [lines[:4], lines[4:8], lines[8:12]]
        couplets.append(lines[12:])
    for name in STANZAS:
        for poem in poems(documents, name):
            lines = [line.strip() for line in poem.split("\n")]
            if len(lines) in (6, 7) and not SPEECH.search(poem):
                quatrains.append(lines[:4])
                couplets.append([f"  {line}" for line in lines[-2:]])
    return quatrains, couplets


def mixed(
    quatrains: list[Lines], couplets: list[Lines], random: Random
) -> Iterator[str]:
    """Yield sonnets whose parts are of different poems."""
    for _ in range(MIXED if len(quatrains) >= 3 else 0):
        chosen = [*random.sample(quatrains, 3), random.choice(couplets)]
        yield parted([line for part in chosen for line in part])
