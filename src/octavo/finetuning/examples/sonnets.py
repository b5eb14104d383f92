"""Sonnets: the real ones, and others put together from their parts.

A sonnet is three quatrains and a couplet, and so it is written here, with
a blank line between them: to count four lines three times is easier than
to count fourteen. There are only some 150 of Shakespeare's, too few to
learn the form from without learning them by heart. So quatrains and
couplets of different poems make more of them: their rhymes are right, and
the sense is not.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

from octavo.finetuning.examples.topics import Topic
from octavo.finetuning.examples.verse import (
    asked_for,
    poems,
    poems_about,
    rarity,
    subject,
)
from octavo.text import Document

MIXED = 600  # sonnets of parts from here and there
ENDS = (4, 8, 12, 14)  # of the quatrains and of the couplet
# Stanzas of these begin with a quatrain and end with a couplet.
STANZAS = ("rape-of-lucrece", "lovers-complaint", "passionate-pilgrim")
# Of stanzas in which somebody begins or ends to speak, half is no sense.
SPEECH = re.compile(r"^ *'[A-Z]|'$|.{60}", re.M)
Lines = list[str]


def sonnet_topics(
    documents: Collection[Document], random: Random
) -> Iterator[Topic]:
    """Ask for a sonnet, of any kind or about something.

    Real ones are also poems about something.
    """
    real = [parted(s.split("\n")) for s in whole_sonnets(documents)]
    made = mixed(*parts(documents), MIXED, random)
    for text in real:
        yield asked_for("sonnet", "sonnet", {}, text)
    yield from asked_either_way("sonnet", made, random)
    yield from poems_about(real)


def asked_either_way(
    kind: str, texts: Iterable[str], random: Random
) -> Iterator[Topic]:
    """Ask for texts of a kind, up to half by what they are about."""
    texts = list(texts)
    rare = rarity(texts)
    for text in texts:
        about = subject(text, rare) if random.random() < 0.5 else ""
        if about:
            slots = {"subject": about}
            yield asked_for(kind, f"{kind}-about", slots, text)
        else:
            yield asked_for(kind, kind, {}, text)


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
    quatrains: Sequence[Lines],
    couplets: Sequence[Lines],
    number: int,
    random: Random,
) -> Iterator[str]:
    """Yield so many texts whose parts are from here and there."""
    for _ in range(number if len(quatrains) >= 3 else 0):
        chosen = [*random.sample(quatrains, 3), random.choice(couplets)]
        yield parted([line for part in chosen for line in part])
