"""Blank verse to train on: where it is cut, and what it is made of."""

from random import Random

from octavo.finetuning.examples.blank_verse import (
    blank_verse_topics,
    cuttings,
)
from octavo.finetuning.examples.persons import all_casts
from octavo.finetuning.examples.plays import Play, Speech

LINES = (
    "The first of these begins what I would say,",
    "And here a sentence ends. And one goes on",
    "Until the third, which has a comma too,",
    "And rests a little at the fourth of them;",
    "The fifth goes on where nothing has begun",
    "And ends there, for there is an end to all.",
    "The seventh is alone with one beside it,",
    "Which is the last, and has a stop at last.",
)


def play(*lines: str, speaker: str = "Hamlet") -> Play:
    speech = Speech(play="hamlet", speaker=speaker, lines=lines)
    return Play(cast=all_casts()["hamlet"], acts=5, speeches=(speech,))


def test_a_quatrain_begins_with_a_sentence():
    quatrains, couplets = cuttings([play(*LINES)])
    assert quatrains == [list(LINES[:4])]
    assert couplets == [[f"  {line}" for line in LINES[6:]]]
    # With a line more before it another one begins a sentence, at "The
    # seventh", and has no four lines.
    before = "A line that ends itself before it begins."
    quatrains, _ = cuttings([play(before, *LINES)])
    assert quatrains == [[before, *LINES[:3]]]


def test_prose_and_lines_of_nobody_are_left_out():
    prose = "This goes on as prose does, of which the lines are far longer"
    assert cuttings([play(prose, *LINES[1:4])])[0] == []
    assert cuttings([play(*LINES, speaker="")]) == ([], [])
    assert cuttings([play("Ay,", "my lord.")]) == ([], [])


def test_all_parts_are_from_the_plays(plays):
    open_plays = [p for p in plays.values() if p.title != "Macbeth"]
    quatrains, couplets = cuttings(open_plays)
    topics = list(blank_verse_topics(open_plays, Random(1)))
    about = [t.slots["subject"] for t in topics if t.slots]
    assert 0.2 < len(about) / len(topics) < 0.5
    for topic in topics[::50]:
        *first, last = topic.answer.split("\n\n")
        assert all(part.split("\n") in quatrains for part in first)
        assert last.split("\n") in couplets
