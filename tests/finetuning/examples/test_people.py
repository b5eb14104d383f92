"""Persons are asked about by the names that people use for them."""

import pytest

from octavo.finetuning.examples.people import (
    listed,
    names_by_play,
    short_names,
)


@pytest.fixture(scope="module")
def where(works, plays) -> dict[str, list[str]]:
    held_out = {document.name for document in works.held_out}
    return names_by_play(plays.values(), held_out)


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("Hamlet", ["Hamlet"]),
        ("Macbeth", ["Macbeth"]),
        ("the First Witch", ["Macbeth"]),
        ("Shallow", ["Henry IV, Part 2", "The Merry Wives of Windsor"]),
        ("the Third Fisherman", ["Pericles"]),
    ],
)
def test_names_are_found_in_their_plays(where, name, titles):
    assert where[name] == titles


def test_whoever_speaks_unlisted_in_a_held_out_play_is_not_told(where):
    # The Apparition is in no list; Richard II has the Second Herald.
    for name in ("the Apparition", "the First Murderer", "the Priest", ""):
        assert name not in where


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("King Lear", "Lear"),
        ("the Earl of Kent", "Kent"),
        ("Cardinal Wolsey", "Wolsey"),
        ("Sir Andrew Ague-Cheek", "Sir Andrew"),
        ("the Duke of Exeter", None),  # Thomas Beaufort is called so too
        ("King Edward IV", None),
        ("the Duke of Venice", None),
        ("Hamlet", None),
    ],
)
def test_a_shorter_name_means_nobody_else(where, name, short):
    assert short_names(where).get(name) == short


def test_words_are_listed():
    assert listed(["Hamlet"]) == "Hamlet"
    assert listed(["Hamlet", "Lear"]) == "Hamlet and Lear"
