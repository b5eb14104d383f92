"""Exchanges joined to conversations: none is lost, and none is changed."""

from collections import Counter
from random import Random

from octavo.finetuning.examples.phrasings import all_phrasings
from octavo.finetuning.examples.talk import ANSWERS
from octavo.finetuning.examples.turns import conversations
from octavo.finetuning.messages import check_turns, exchange

SAID = [exchange(f"What is {n}?", f"It is {n}.") for n in range(2_000)]


def pairs(conversation):
    return list(zip(conversation[::2], conversation[1::2], strict=True))


def test_every_exchange_is_there_once_and_in_its_order():
    held = list(conversations(SAID, Random(1)))
    for turns in held:
        check_turns("here", turns)
    asked = [
        (question, answer)
        for turns in held
        for question, answer in pairs(turns)
        if question.content.startswith("What is ")
        and question.content[-2].isdigit()
    ]
    assert asked == [tuple(each) for each in SAID]


def test_some_go_on_and_some_are_polite():
    held = list(conversations(SAID, Random(1)))
    numbers = Counter(
        sum(a.content.startswith("It is ") for _, a in pairs(turns))
        for turns in held
    )
    assert set(numbers) == {1, 2, 3}
    for number, share in ((1, 0.60), (2, 0.25), (3, 0.15)):
        assert abs(numbers[number] / len(held) - share) < 0.03
    begun = Counter(turns[1].content for turns in held)
    ended = Counter(turns[-1].content for turns in held)
    for kind in ("greeting", "how", "identity", "ability"):
        assert begun[ANSWERS[kind]] > 20
        assert not ended[ANSWERS[kind]]
    for kind in ("thanks", "farewell"):
        assert ended[ANSWERS[kind]] > 40
        assert not begun[ANSWERS[kind]]


def test_small_talk_is_in_words_that_are_not_tested():
    tested = {q for each in all_phrasings().values() for q in each.test}
    asked = {
        turn.content
        for turns in conversations(SAID, Random(2))
        for turn in turns[::2]
    }
    assert asked & tested == set()


def test_a_long_answer_is_joined_to_nothing():
    long = [exchange("Write.", "x" * 900)] * 50
    held = list(conversations(long, Random(3)))
    assert len(held) == 50
