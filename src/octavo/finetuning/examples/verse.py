"""Stanzas and speeches: what a model writes when it is asked to.

All are whole pieces of the texts to train on. What a poem is about is told
by the words in it that few other poems have: see SUBJECTS.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from random import Random

from octavo.finetuning.examples.plays import Play, Speech
from octavo.finetuning.examples.topics import Part, Topic
from octavo.text import Document

# A subject, and the words that speak of it.
SUBJECTS = {
    "love": "love loves loved lover lovers loving",
    "beauty": "beauty beauties beauteous beautiful fair fairest",
    "time": "time times hour hours minute minutes",
    "death": "death die dies died dead dying tomb",
    "night": "night nights dark darkness moon midnight",
    "the morning": "morning morn dawn day days sun",
    "sleep": "sleep sleeping slept bed dream dreams dreaming rest",
    "tears": "tear tears weep weeping wept",
    "grief": "grief griefs sorrow sorrows woe woes mourn moan",
    "the heart": "heart hearts breast",
    "eyes": "eye eyes sight look looks",
    "truth": "truth true truly troth faith",
    "lies": "false falsehood lie lies forsworn perjur'd deceit",
    "summer": "summer summer's spring april may",
    "winter": "winter winter's cold frost snow",
    "flowers": "flower flowers rose roses lily lilies violet",
    "the sea": "sea seas ocean waves shore ship tide flood",
    "music": "music song songs sing sings singing string tune",
    "verse": "verse verses rhyme rhymes muse pen write poet",
    "youth": "youth young boy child",
    "old age": "age old wrinkles wrinkle gray",
    "shame": "shame shameful blush disgrace infamy blot",
    "fear": "fear fears afraid trembling dread",
    "kings": "king kings crown sceptre throne royal",
    "war": "war siege soldier sword army conquest",
    "riches": "gold golden treasure rich riches wealth",
    "honour": "honour honours fame glory praise",
    "desire": "desire desires lust will wish",
    "birds": "bird birds dove lark nightingale crow swan",
    "heaven": "heaven heavens heavenly angel god gods",
    "fire": "fire flame flames burn burning burns",
}
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
NUMERAL = re.compile(r"^[IVXLC]+\.?$")
# Somebody tells of somebody, or speaks; or it is a heading, far indented,
# or prose.
TOLD = re.compile(
    r"^ {8}|.{60}|^'(?!tis\b|twas\b|t )| '[A-Z]|'$|\""
    r"|\b(?:quoth|says?|said|she|her|he|lust)\b|tarquin|lucre|collati"
    r"|brutus|priam|sinon|hecuba|venus|troy|roman|\bravish|\brape",
    re.I,
)
SHORT = range(4, 13)  # lines of a stanza, or of another short poem
SPOKEN = range(4, 15)  # lines of a speech
VERSE = range(25, 61)  # characters of its lines, but for the last
FEWEST_SPEECHES, MOST_SPEECHES = 3, 8  # of one speaker


def poems(documents: Iterable[Document], name: str) -> list[str]:
    """Return the stanzas of a document that stand between blank lines."""
    found = [d for d in documents if d.name == name]
    return [
        part.strip("\n")
        for document in found
        for part in re.split(r"\n{2,}", document.text)
        if part.strip() and not NUMERAL.match(part.strip())
    ]


def poem_topics(documents: Collection[Document]) -> Iterator[Topic]:
    """Ask for a poem about something: a stanza of a longer one.

    Only stanzas that stand for themselves, not those that tell a story.
    """
    names = (
        "rape-of-lucrece",
        "lovers-complaint",
        "passionate-pilgrim",
        "phoenix-and-the-turtle",
    )
    stanzas = [
        stanza
        for name in names
        for stanza in poems(documents, name)
        if _length(stanza) in SHORT and not TOLD.search(stanza)
    ]
    yield from poems_about(stanzas)


def poems_about(pieces: Collection[str]) -> Iterator[Topic]:
    """Ask for each piece of which it can be told what it is about."""
    rare = rarity(pieces)
    for piece in pieces:
        if about := subject(piece, rare):
            yield asked_for("poem", "poem", {"subject": about}, piece)


def speech_topics(
    plays: Iterable[Play], where: dict[str, list[str]], random: Random
) -> Iterator[Topic]:
    """Ask for a speech by somebody who makes several in verse.

    `where` tells for each name in which plays there is one.
    """
    for play in plays:
        spoken: dict[str, list[Speech]] = defaultdict(list)
        for speech in filter(_is_verse, play.speeches):
            spoken[speech.speaker].append(speech)
        for name, speeches in spoken.items():
            if len(speeches) < FEWEST_SPEECHES:
                continue
            alone = len(where.get(name, ())) == 1
            slots = {"name": name if alone else f"{name} in {play.title}"}
            number = min(len(speeches), MOST_SPEECHES)
            for speech in random.sample(speeches, number):
                text = "\n".join(speech.lines)
                yield asked_for("speech", "speech", slots, text)


def subject(poem: str, rare: dict[str, float]) -> str:
    """Return what a poem is about; "" if nothing stands out.

    Each subject that is mentioned twice, or in a short poem once, gets the
    number of times, by how rare it is; the highest wins.
    """
    fewest = 1 if _length(poem) in SHORT else 2
    scores = {
        name: count * rare[name]
        for name, count in _mentions(poem).items()
        if count >= fewest
    }
    return max(scores, key=lambda name: scores[name], default="")


def rarity(many: Collection[str]) -> dict[str, float]:
    """Return for each subject the log of how few poems mention it."""
    named = Counter(name for poem in many for name in _mentions(poem))
    return {
        name: math.log((1 + len(many)) / (1 + named[name]))
        for name in SUBJECTS
    }


def _mentions(poem: str) -> dict[str, int]:
    """Return for each subject how many words of a poem speak of it."""
    words = Counter(WORD.findall(poem.casefold()))
    counts = {
        name: sum(words[word] for word in of_it.split())
        for name, of_it in SUBJECTS.items()
    }
    return {name: count for name, count in counts.items() if count}


def _length(poem: str) -> int:
    """Return the number of a poem's lines."""
    return poem.count("\n") + 1


def _is_verse(speech: Speech) -> bool:
    """Tell whether a speech is whole, in verse, and one person's."""
    last = speech.lines[-1]
    return bool(
        speech.speaker
        and len(speech.lines) in SPOKEN
        and is_in_verse(speech.lines)
        and last[-1] in ".!?"
    )


def is_in_verse(lines: Sequence[str]) -> bool:
    """Tell whether all lines, of which the last may be short, are verse."""
    return (
        all(line[0].isupper() for line in lines)
        and all(len(line) in VERSE for line in lines[:-1])
        and not {"[", "]", '"', "_"} & set("".join(lines))
    )


def asked_for(
    kind: str, phrasing: str, slots: dict[str, str], answer: str
) -> Topic:
    """Return a topic that has many answers, of which this is one."""
    return Topic(
        kind=kind,
        phrasing=phrasing,
        slots=slots,
        answer=answer,
        part=Part.TRAIN,
        is_open=True,
    )
