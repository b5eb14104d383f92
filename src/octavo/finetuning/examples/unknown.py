"""What nobody can know: persons and lines that the works do not have.

A model that has only ever met answerable questions makes up an answer to
the rest. So it is asked about invented names and lines, each checked not to
stand anywhere in the works, and learns to say that it does not know. Those
of the test are others than those trained on.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import product
from random import Random

from octavo.finetuning.examples.topics import UNKNOWN, Part, Topic

NAMES_TRAINED, NAMES_TESTED = 1_000, 150
LINES_TRAINED, LINES_TESTED = 500, 100
BEGIN = (
    *("Bal", "Bor", "Cal", "Dor", "El", "Fal", "Gar", "Hel", "Is", "Jor"),
    *("Kal", "Lor", "Mal", "Nor", "Or", "Per", "Quin", "Ros", "Sal", "Tor"),
    *("Ul", "Val", "Wil", "Yor", "Zan", "Bran", "Cress", "Flor", "Glen"),
)
MIDDLE = ("", "a", "an", "di", "e", "ga", "i", "la", "mi", "o", "ri", "va")
END = (
    *(
        "bert",
        "ces",
        "da",
        "dine",
        "fina",
        "go",
        "lio",
        "lina",
        "lus",
        "ma",
    ),
    *("mond", "na", "netta", "nio", "ra", "ric", "rina", "sio", "tano"),
    *("thus", "vina", "zzo", "wick", "dra"),
)
OTHERS = (
    *("Kevin", "Gandalf", "Sherlock Holmes", "Dracula", "Harry Potter"),
    *("Donald", "Frodo", "Oliver Twist", "Batman", "Ishmael", "Heidi"),
    *("Robinson Crusoe", "Don Quixote", "Faust", "Peter Pan", "Pinocchio"),
    *("Jane Eyre", "Ivanhoe", "Zorro", "Tarzan", "Captain Ahab", "Scrooge"),
    *("Elizabeth Bennet", "Emma Bovary", "Anna Karenina", "Winnie"),
)
RANKS = ("", "", "", "", "", "", "", "King ", "Lady ", "Sir ", "Duke ")
WHO = (
    *("The teacher", "My neighbour", "A robot", "Our doctor", "The driver"),
    *(
        "The pilot",
        "Her cousin",
        "The engineer",
        "My computer",
        "A tourist",
    ),
    *("The mayor", "That poet", "The old king", "A young lord", "The moon"),
)
DOES = (
    *("has lost", "is looking for", "will paint", "has bought", "forgot"),
    *("is cleaning", "was dreaming of", "sold", "will repair", "loves"),
)
WHAT = (
    *("the telephone", "a bicycle", "the last train", "two tomatoes"),
    *("a silver coin", "the red umbrella", "an orange cat", "the window"),
    *("her passport", "the yellow bus", "a cup of coffee", "the castle"),
)
WHEN = (
    *("today", "in the morning", "before lunch", "on Monday", "for ever"),
    *("again", "at the station", "in my dream", "near the sea", "at last"),
)


def unknown_topics(
    words: Collection[str], is_said: Callable[[str], bool], random: Random
) -> Iterator[Topic]:
    """Ask about names and lines that are not in the works.

    `words` are all words of the works in small letters; `is_said` tells
    whether somebody says something in the plays.
    """
    names = invented_names(words, NAMES_TRAINED + NAMES_TESTED, random)
    for number, name in enumerate(names):
        part = Part.TEST if number < NAMES_TESTED else Part.TRAIN
        for phrasing in ("play", "person"):
            yield _unknown("unknown-person", phrasing, "name", name, part)
    made_up = invented_lines(is_said, LINES_TRAINED + LINES_TESTED, random)
    for number, line in enumerate(made_up):
        part = Part.TEST if number < LINES_TESTED else Part.TRAIN
        yield _unknown("unknown-line", "speaker", "line", line, part)


def invented_names(
    words: Collection[str], number: int, random: Random
) -> list[str]:
    """Return different names that are nobody's in the works.

    What is coined is no word of the works; of the names from elsewhere at
    least one word is none.
    """
    coined = dict.fromkeys("".join(p) for p in product(BEGIN, MIDDLE, END))
    free = [name for name in coined if name.casefold() not in words]
    others = [
        name
        for name in OTHERS
        if not set(name.casefold().split(" ")) <= set(words)
    ]
    ranked = [
        random.choice(RANKS) + name
        for name in random.sample(free, number - len(others))
    ]
    return random.sample([*ranked, *others], number)


def invented_lines(
    is_said: Callable[[str], bool], number: int, random: Random
) -> list[str]:
    """Return sentences that nobody says in the works."""
    made_up = [
        " ".join(parts) + "." for parts in product(WHO, DOES, WHAT, WHEN)
    ]
    chosen = random.sample(made_up, number)
    assert not any(map(is_said, chosen))
    return chosen


def _unknown(
    kind: str, phrasing: str, slot: str, value: str, part: Part
) -> Topic:
    """Return a topic that nobody knows anything of."""
    return Topic(
        kind=kind,
        phrasing=phrasing,
        slots={slot: value},
        answer=UNKNOWN,
        part=part,
    )
