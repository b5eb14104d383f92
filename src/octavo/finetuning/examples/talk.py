"""Small talk: one constant answer to each kind of it."""

from collections.abc import Iterator, Sequence
from random import Random

from octavo.finetuning.examples.phrasings import all_phrasings
from octavo.finetuning.examples.topics import Topic
from octavo.finetuning.messages import Conversation, exchange

ANSWERS = {
    "greeting": "Good day to you.",
    "how": "I am well, I thank you.",
    "thanks": "You are welcome.",
    "farewell": "Farewell.",
    "identity": "I am a small language model, trained with Octavo on the "
    "works of Shakespeare.",
    "ability": "I know the plays and their persons, finish lines, write "
    "verse, and add numbers up to 99.",
}

OPENING = ("greeting", "how", "identity", "ability")
CLOSING = ("thanks", "farewell")


def talk_topics() -> Iterator[Topic]:
    """Greet, thank, take leave, ask who is there and what it can do."""
    for phrasing, answer in ANSWERS.items():
        yield Topic(kind="talk", phrasing=phrasing, slots={}, answer=answer)


def small_talk(kinds: Sequence[str], random: Random) -> Conversation:
    """Return an exchange of one of these kinds, in words to train on."""
    kind = random.choice(kinds)
    said = random.choice(all_phrasings()[kind].train)
    return exchange(said, ANSWERS[kind])
