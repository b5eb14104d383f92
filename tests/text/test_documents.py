import hashlib

import pytest

from octavo.text import Corpus, Document


def corpus(train: list[tuple[str, str]], held_out: list[tuple[str, str]]):
    return Corpus(
        name="n",
        title="t",
        source="s",
        train=tuple(Document(name=n, text=t) for n, t in train),
        held_out=tuple(Document(name=n, text=t) for n, t in held_out),
        notes=(),
    )


def test_the_fingerprint_is_the_hash_of_names_and_texts_in_order():
    spelled = "1 documents\n1 5\nacœur1 documents\n1 2\nbno"
    expected = hashlib.sha256(spelled.encode()).hexdigest()
    found = corpus([("a", "cœur")], [("b", "no")]).fingerprint
    assert found == expected


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        ([("b", "x"), ("a", "x")], [("c", "y")]),  # another order
        ([("a", "x")], [("b", "x"), ("c", "y")]),  # moved over
        ([("a", "xb"), ("", "x")], [("c", "y")]),  # run together
        ([("a", "x"), ("b", "x")], [("c", "z")]),
    ],
)
def test_the_fingerprint_tells_corpora_apart(train, held_out):
    one = corpus([("a", "x"), ("b", "x")], [("c", "y")])
    assert one.fingerprint != corpus(train, held_out).fingerprint


def test_the_fingerprint_ignores_what_is_said_about_the_texts():
    one = corpus([("a", "x")], [("b", "y")])
    other = Corpus(
        name="other",
        title="",
        source="",
        train=one.train,
        held_out=one.held_out,
        notes=("said",),
    )
    assert one.fingerprint == other.fingerprint
