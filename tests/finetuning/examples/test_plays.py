"""Plays are taken apart into who says what."""

import pytest

from octavo.finetuning.examples.persons import all_casts
from octavo.finetuning.examples.plays import count_acts, speeches

SCENE = """\
ACT I.

Scene I. Elsinore. A platform
before the Castle.

[Francisco at his post. Enter to him
Bernardo.]

Ber. [Aside.]
Who's there?

Fran.
Nay, answer me: [Draws.] stand, and unfold yourself.

[Exit Francisco.]

I am alone.
BER. I ran, my lord.
To Elsinore.
HOR.
Farewell.
WELCOME.

Mar. and Ber.
No.

SECOND LORD. My lord, we came.

ACT II. SCENE I.

Nobody said this.
"""


def test_a_scene_taken_apart_by_hand():
    found = speeches(SCENE, all_casts()["hamlet"])
    assert [(each.speaker, each.lines) for each in found] == [
        ("Bernardo", ("Who's there?",)),
        (
            "Francisco",
            (
                "Nay, answer me:  stand, and unfold yourself.",
                "I am alone.",
            ),
        ),
        ("Bernardo", ("I ran, my lord.", "To Elsinore.")),
        ("Horatio", ("Farewell.", "WELCOME.")),
        ("", ("No.",)),
        ("the Second Lord", ("My lord, we came.",)),
        ("", ("Nobody said this.",)),
    ]
    assert count_acts(SCENE) == 2


@pytest.mark.parametrize(
    ("title", "line", "speaker"),
    [
        (
            "Hamlet",
            "To be, or not to be,--that is the question:--",
            "Hamlet",
        ),
        ("Hamlet", "Who's there?", "Bernardo"),
        ("Hamlet", "Neither a borrower nor a lender be:", "Polonius"),
        ("King Lear", "Nothing can come of nothing: speak again.", None),
        ("Romeo and Juliet", "A plague o' both your houses!", "Mercutio"),
        ("As You Like It", "All the world's a stage,", "Jaques"),
        ("Henry V", "We few, we happy few, we band of brothers.", None),
        ("Richard III", "A horse! a horse! my kingdom for a horse!", None),
        ("The Tempest", "As dreams are made on,", "Prospero"),
        ("Julius Caesar", "Et tu, Brute?-- Then fall, Caesar!", None),
    ],
)
def test_well_known_lines_have_their_speakers(plays, title, line, speaker):
    kings = {
        "King Lear": "King Lear",
        "Henry V": "King Henry V",
        "Richard III": "King Richard III",
        "Julius Caesar": "Julius Caesar",
    }
    found = {
        speech.speaker
        for speech in plays[title].speeches
        if any(said.startswith(line) for said in speech.lines)
    }
    assert found == {speaker or kings[title]}


def test_all_plays_have_five_acts_and_many_speeches(plays):
    assert len(plays) == 37
    assert {play.acts for play in plays.values()} == {5}
    total = sum(len(play.speeches) for play in plays.values())
    assert 30_000 < total < 31_500
    unnamed = sum(
        not speech.speaker
        for play in plays.values()
        for speech in play.speeches
    )
    assert unnamed < total / 100


def test_no_speaker_is_a_heading_or_an_abbreviation(plays):
    names = {s.speaker for p in plays.values() for s in p.speeches}
    odd = {n for n in names if n.endswith(".") or n.upper() == n != ""}
    assert odd == set()
    assert {"Act", "Scene", "Song", "Prologue.", "All"} & names == set()
