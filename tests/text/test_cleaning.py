import pytest

from octavo.text.cleaning import (
    FOLIO,
    MILTON,
    MODERN,
    PSALMS,
    TIDYING,
    clean,
    correct,
    without_lines,
)
from octavo.text.corrections import CORRECTIONS

PLAY = """\
THE SHOEMAKER OF VERONA

by William Shakespeare




PERSONS REPRESENTED.

ACTAEON, a shoemaker.
A Prologue.

SCENE: Verona



THE SHOEMAKER OF VERONA

ACT I.

SCENE 1. A street.

[Enter ACTAEON.]

ACTAEON. {Aside.]
I'll act the fool   \t
  And sing:
@@@@


ACT I.

SCENE 2. Another street.

ACT II.

SCENE 1. A room.

[Exeunt.}

THE END"""


def test_a_modern_play_is_stripped_to_the_play():
    text, counts = clean(PLAY, MODERN)
    assert (
        text
        == """\
ACT I.

SCENE 1. A street.

[Enter ACTAEON.]

ACTAEON. [Aside.]
I'll act the fool
  And sing:


SCENE 2. Another street.

ACT II.

SCENE 1. A room.

[Exeunt.]
"""
    )
    assert counts == {
        "lines of titles, persons and scene removed": 7,
        "marks of the end removed": 1,
        "rows of a transcriber's marks removed": 1,
        "headings of an act under way removed": 1,
        "braces made brackets": 2,
        "control characters removed": 0,
        "lines freed of spaces at their end": 1,
        "gaps of more than two blank lines narrowed": 1,
    }


@pytest.mark.parametrize(
    "heading",
    [
        "ACT I.",
        "Act 1.",
        "ACT FIRST",
        "THE PROLOGUE.",
        "Induction",
        "ACT I ",
    ],
)
def test_a_play_begins_at_its_first_heading(heading):
    raw = (
        f"TITLE\n\nby William Shakespeare\n\nACT, a man.\n{heading}\nSpeak."
    )
    text, _ = clean(raw, MODERN)
    assert text == f"{heading.rstrip()}\nSpeak.\n"


def test_a_poem_begins_after_its_author_and_keeps_its_indents():
    raw = (
        "A POEM\n\nby William Shakespeare\n\n\n\n   Let birds sing,\nact.\n"
    )
    text, counts = clean(raw, MODERN)
    assert text == "   Let birds sing,\nact.\n"
    assert counts["lines of titles, persons and scene removed"] == 2


FOLIO_PLAY = """\
The Tragedie of the Shooe-maker

Actus primus. Scoena Prima.

Enter Crispin, and S[aint]. Iohn.

  Cris. What would'st thou fro[m] vs (sweet Sir)

   Iohn. Naught
  Cris. Naught?
  Iohn. I goe, and leaue thee
vpon this ground

   Cris. Alas:

Enter.

  Cris. ``Shooes | weare out.

Enter the King]
Finis Actus Primus.

FINIS. THE TRAGEDIE.
The Names of the Actors.
Crispin.
"""


def test_a_folio_play_gets_back_its_full_stops_and_its_exits():
    text, counts = clean(FOLIO_PLAY, FOLIO)
    assert (
        text
        == """\
Actus primus. Scoena Prima.

Enter Crispin, and S. Iohn.

Cris. What would'st thou from vs (sweet Sir).

Iohn. Naught

Cris. Naught?

Iohn. I goe, and leaue thee
vpon this ground.

Cris. Alas:

Exit.

Cris. "Shooes weare out.

Enter the King
Finis Actus Primus.
"""
    )
    told = {words: number for words, number in counts.items() if number}
    assert told == {
        "lines of titles removed": 1,
        "lines of endings and lists of actors removed": 3,
        "letters in brackets taken out": 1,
        "letters in brackets let in": 1,
        "brackets never opened removed": 1,
        "lost full stops put back at the ends of speeches": 2,
        "speeches set apart by a blank line, not by spaces": 6,
        '"Enter." made "Exit."': 1,
        "printers' bars removed": 1,
        "quotation marks made plain": 1,
    }


@pytest.mark.parametrize(
    "ending",
    [
        "FINIS.\n\nEPILOGVE.\nFirst, my Feare",
        "The Scene Vienna.\n\nThe names of all the Actors.",
        "The-, an vn-inhabited Island\n\nNames of the Actors.",
        "The Names of the Actors.\n Leontes",
        "THE ACTORS NAMES.\n Rumour",
        "The life and death of King Iohn.",
    ],
)
def test_a_folio_play_ends_before_its_list_of_actors(ending):
    text, _ = clean(f"Actus Primus.\n\n  Iohn. I die.\n\n{ending}", FOLIO)
    assert text == "Actus Primus.\n\nIohn. I die.\n"


def test_a_play_that_does_not_begin_or_end_is_our_fault():
    for text, steps in (("no heading", MODERN), ("Actus Primus.", FOLIO)):
        with pytest.raises(AssertionError):
            clean(text, steps)


MILTON_POEM = """\
The Persons

Samson.
A Chorus

The Scene before the Prison.

>From rest I rise, and come                                  10
VVhere night is.  And Eve, 10
was led.

Note: 12 rest] quiet 1673.

Notes:
13 led] taken 1673. So also the
manuscript.

Notes he sang                    20
     THE END OF THE FIRST BOOK.

The End.
"""


def test_milton_loses_notes_and_line_numbers_and_nothing_else():
    text, counts = clean(MILTON_POEM, MILTON)
    assert (
        text
        == """\
From rest I rise, and come
Where night is.  And Eve, 10
was led.


Notes he sang
"""
    )
    assert counts["notes of the editor removed"] == 2
    assert counts["line numbers removed"] == 2
    assert counts["lists of persons removed"] == 1
    assert counts["marks of the end removed"] == 2


def test_psalms_lose_numbers_and_the_hebrew_in_the_margin():
    raw = """\
1   GOD in the *great *assembly stands              *Bagnadath-el
    Among the gods* on both his hands.                  *Bekerev.
10  Wilt thou not * turn, and hear our voice          * Heb. Turn to
   *Their Plots and Counsels deep,                     *Sod. 10
"""
    text, _ = clean(raw, PSALMS)
    assert (
        text
        == """\
GOD in the great assembly stands
Among the gods on both his hands.
Wilt thou not turn, and hear our voice
Their Plots and Counsels deep,
"""
    )


def test_tidying_touches_ends_of_lines_and_gaps_only():
    raw = "\n\n  One  two \x1a\t\n\n\n\n\n\tthree\r\n\n\nfour"
    text, _ = clean(raw, TIDYING)
    assert text == "  One  two\n\n\n\tthree\n\n\nfour\n"


def test_a_line_is_removed_only_if_it_matches_from_end_to_end():
    step = without_lines("THE END")
    assert step("THE END\nTHE END OF IT\n THE END\nTHE END") == (
        "THE END OF IT\n THE END\n",
        2,
    )


def test_a_correction_must_find_its_place_exactly_once():
    one = next(c for c in CORRECTIONS if c.file == "twelfth_night_gut")
    text, applied = correct(one.file, f"a {one.found} b")
    assert text == f"a {one.put} b"
    assert applied == [one]
    assert correct("hamlet_gut", one.found) == (one.found, [])
    for wrong in ("", one.found * 2):
        with pytest.raises(AssertionError):
            correct(one.file, wrong)
