"""Questions about the plays and their persons: facts, all trained on.

Of the plays held out (their text is what models are measured on) nothing
is taken but their titles, the number of their acts, and what their lists of
persons say. Whoever speaks there without being listed is not asked about.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from octavo.finetuning.examples.lines import plain
from octavo.finetuning.examples.persons import all_casts, in_title_case
from octavo.finetuning.examples.phrasings import capitalized
from octavo.finetuning.examples.plays import Play
from octavo.finetuning.examples.topics import Topic

MOST_PLAYS = 5  # a name in more of them is a part: "the Messenger"
NUMBERS = ("no", "one", "two", "three", "four", "five")


def names_by_play(
    plays: Collection[Play], held_out: Collection[str]
) -> dict[str, list[str]]:
    """Return name -> titles of the plays where somebody is called so.

    They are those listed, and those who speak in the plays to train on.
    Names of others, who speak in a held-out play, are not told at all:
    what is told of a name is to be whole.
    """
    found: dict[str, list[str]] = defaultdict(list)
    untold = {""}
    for play in plays:
        names = dict.fromkeys(person.name for person in play.cast.persons)
        speakers = dict.fromkeys(each.speaker for each in play.speeches)
        if play.cast.play in held_out:
            untold |= speakers.keys() - names.keys()
        else:
            names |= speakers
        for name in names:
            found[name].append(play.title)
    return {name: found[name] for name in found if name not in untold}


def short_names(where: Collection[str]) -> dict[str, str]:
    """Return name -> a shorter one, where nobody else could be meant.

    Shorter is what the edition prints above speeches, if it is part of the
    name, and no part or label of another: King Lear is Lear, and the Earl
    of Kent is Kent, but there are several Duchesses.
    """
    persons = [p for cast in all_casts().values() for p in cast.persons]
    called: dict[str, set[str]] = defaultdict(set)
    for person in persons:
        for label in person.labels:
            called[label].add(person.name)
    every = [f" {plain(name)} " for name in where]
    found: dict[str, str] = {}
    for person in persons:
        name = f" {plain(person.name)} "
        rank = "of " if person.name.startswith("the ") else ""
        for label in person.labels:
            inside = [each for each in every if f" {label} " in each]
            is_part = f" {rank}{label} " in name
            if is_part and len(inside) == len(called[label]) == 1:
                found.setdefault(person.name, in_title_case(label))
    return {name: short for name, short in found.items() if short != name}


def play_topics(where: dict[str, list[str]]) -> Iterator[Topic]:
    """Ask in which play somebody appears."""
    short = short_names(where)
    for name, titles in where.items():
        if len(titles) > MOST_PLAYS:
            continue
        for called in dict.fromkeys((name, short.get(name, name))):
            yield Topic(
                kind="play",
                phrasing="play",
                slots={"name": called},
                answer=f"{capitalized(name)} appears in {listed(titles)}.",
            )


def person_topics(where: dict[str, list[str]]) -> Iterator[Topic]:
    """Ask who somebody is, of whom the lists of persons tell.

    A name that several plays have is asked about with its play.
    """
    short = short_names(where)
    for cast in all_casts().values():
        for person in cast.persons:
            name = person.name
            if not person.who or name not in where:
                continue
            for called in dict.fromkeys((name, short.get(name, name))):
                alone = len(where[name]) == 1
                asked = called if alone else f"{called} in {cast.title}"
                yield Topic(
                    kind="person",
                    phrasing="person",
                    slots={"name": asked},
                    answer=f"In {cast.title}, {name} is {person.who}.",
                )


def act_topics(plays: Collection[Play]) -> Iterator[Topic]:
    """Ask how many acts a play has."""
    for play in plays:
        yield Topic(
            kind="acts",
            phrasing="acts",
            slots={"play": play.title},
            answer=f"{play.title} has {NUMBERS[play.acts]} acts.",
        )


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["Hamlet", "Othello", "King Lear"])
    'Hamlet, Othello and King Lear'
    """
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
