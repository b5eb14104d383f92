"""Small talk: one constant answer to each kind of it."""

from collections.abc import Iterator

from octavo.finetuning.examples.topics import Topic

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


def talk_topics() -> Iterator[Topic]:
    """Greet, thank, take leave, ask who is there and what it can do."""
    for phrasing, answer in ANSWERS.items():
        yield Topic(kind="talk", phrasing=phrasing, slots={}, answer=answer)
