"""All examples, from a corpus and a seed: the same seed, the same bytes.

From the topics of each kind come conversations to train on, and questions
to test with. What each kind is trained and tested on, and how it is kept
apart, is told where it is made; here it is put together.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from octavo.finetuning.examples.blank_verse import blank_verse_topics
from octavo.finetuning.examples.lines import Index, Line, known_lines
from octavo.finetuning.examples.people import (
    act_topics,
    names_by_play,
    person_topics,
    play_topics,
)
from octavo.finetuning.examples.phrasings import all_phrasings, fill
from octavo.finetuning.examples.plays import all_plays, plays_of
from octavo.finetuning.examples.sonnets import sonnet_topics
from octavo.finetuning.examples.sums import sum_topics
from octavo.finetuning.examples.talk import talk_topics
from octavo.finetuning.examples.topics import Part, Topic
from octavo.finetuning.examples.turns import conversations
from octavo.finetuning.examples.unknown import unknown_topics
from octavo.finetuning.examples.verse import (
    poem_topics,
    speech_topics,
)
from octavo.finetuning.messages import (
    Conversation,
    exchange,
    read_conversations,
)
from octavo.foundation import UserError, check_seed
from octavo.text import Corpus, load_corpus

# With how many phrasings a topic of a kind is trained on; MOST_TESTED
# questions of a kind are asked, and the sums all.
TIMES = {
    "play": 6,
    "person": 6,
    "speaker": 8,
    "finish": 8,
    "acts": 14,
    "talk": 16,
    "sum": 1,
    "sonnet": 1,
    "blank-verse": 1,
    "poem": 1,
    "speech": 1,
    "unknown-person": 2,
    "unknown-line": 2,
}
MOST_TESTED = {"sum": 500}
MOST = 250
WORKS, SUMS = "shakespeare", "sums"  # names for users


@dataclass(frozen=True, kw_only=True)
class Example:
    """A conversation to train on, and its kind."""

    kind: str
    messages: Conversation


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to test with; an answer of None is open."""

    kind: str
    question: str
    answer: str | None


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What is trained on, shuffled, and what is tested, by kind."""

    train: tuple[Example, ...]
    test: tuple[Question, ...]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return kind -> (examples to train on, questions to test)."""
        train = Counter(example.kind for example in self.train)
        test = Counter(question.kind for question in self.test)
        kinds = dict.fromkeys((*train, *test))
        return {kind: (train[kind], test[kind]) for kind in sorted(kinds)}


def build_examples(corpus: Corpus, seed: int) -> Examples:
    """Return the examples made from the corpus `shakespeare`.

    Raises UserError for a corpus without plays.
    """
    check_seed(seed)
    train: list[Example] = []
    test: list[Question] = []
    for topic in all_topics(corpus, _random("topics", seed)):
        random = _random(seed, topic)
        if topic.part is not Part.TEST:
            train += _trained(topic, random)
        if topic.part is not Part.TRAIN or topic.is_open:
            test += _tested(topic, random)
    random = _random("order", seed)
    random.shuffle(train)
    return Examples(train=tuple(train), test=tuple(_some(test, random)))


def examples_named(name: str) -> tuple[Conversation, ...]:
    """Return the conversations of a name, or of a user's own file.

    The names are `shakespeare`, for all that is made from the works, and
    `sums`, for those alone, one at a time. What is trained on and what is
    tested does not depend on a run's seed. Raises UserError.
    """
    if name not in (WORKS, SUMS):
        return read_conversations(name)
    examples = build_examples(load_corpus(WORKS), seed=0).train
    if name == SUMS:
        return tuple(e.messages for e in examples if e.kind == "sum")
    exchanges = (example.messages for example in examples)
    return tuple(conversations(exchanges, _random("turns")))


def all_topics(corpus: Corpus, random: Random) -> Iterator[Topic]:
    """Yield everything that is asked about, kind by kind."""
    plays = plays_of(corpus)
    open_plays = all_plays(corpus.train)  # those that text is taken from
    if not open_plays:
        raise UserError(
            f"the corpus {corpus.name} has no plays to make examples from; "
            "take shakespeare"
        )
    where = names_by_play(plays, {d.name for d in corpus.held_out})
    yield from play_topics(where)
    yield from person_topics(where)
    yield from act_topics(plays)
    yield from line_topics(known_lines(open_plays))
    yield from sonnet_topics(corpus.train, _random("sonnets"))
    yield from blank_verse_topics(open_plays, _random("blank verse"))
    yield from poem_topics(corpus.train)
    yield from speech_topics(open_plays, where, random)
    yield from sum_topics(random)
    yield from talk_topics()
    words = words_of(corpus)
    yield from unknown_topics(words, Index(plays).says, random)


def line_topics(lines: tuple[Line, ...]) -> Iterator[Topic]:
    """Ask who says a line, and how it ends."""
    for line in lines:
        yield Topic(
            kind="speaker",
            phrasing="speaker",
            slots={"line": line.text},
            answer=f"{line.speaker[:1].upper()}{line.speaker[1:]}, "
            f"in {line.title}.",
        )
        start, rest = line.halves()
        yield Topic(
            kind="finish",
            phrasing="finish",
            slots={"start": start},
            answer=rest,
        )


def words_of(corpus: Corpus) -> set[str]:
    """Return all words of a corpus in small letters, both parts."""
    return {
        word
        for document in (*corpus.train, *corpus.held_out)
        for word in re.findall(r"[a-z]+", document.text.casefold())
    }


def _random(*seeds: object) -> Random:
    """Return a source of chance that depends on the seeds' words alone.

    A topic has its own, so that a change to one does not move the others.
    """
    return Random(repr(seeds))  # noqa: S311


def _trained(topic: Topic, random: Random) -> Iterator[Example]:
    """Yield a topic's examples, each with another phrasing."""
    phrasings = all_phrasings()[topic.phrasing]
    for phrasing in phrasings.choose(TIMES[topic.kind], random):
        asked = fill(phrasing, topic.slots)
        yield Example(
            kind=topic.kind, messages=exchange(asked, topic.answer)
        )


def _tested(topic: Topic, random: Random) -> Iterator[Question]:
    """Yield a topic's questions: one, or all ways of a small talk."""
    phrasings = all_phrasings()[topic.phrasing].test
    chosen = phrasings if not topic.slots else [random.choice(phrasings)]
    for phrasing in chosen:
        yield Question(
            kind=topic.kind,
            question=fill(phrasing, topic.slots),
            answer=None if topic.is_open else topic.answer,
        )


def _some(questions: list[Question], random: Random) -> Iterator[Question]:
    """Yield different questions, at most so many of a kind as are asked."""
    by_kind: dict[str, dict[Question, None]] = {}
    for question in questions:
        by_kind.setdefault(question.kind, {})[question] = None
    for kind, found in by_kind.items():
        number = min(len(found), MOST_TESTED.get(kind, MOST))
        yield from random.sample(list(found), number)
