import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.tokenizer import Tokenizer, merging, train_bpe
from octavo.tokenizer.merging import (
    MergeTable,
    merge_long,
    merge_pieces,
    without_overlaps,
)
from octavo.tokenizer.reference import encode

QUICK = settings(deadline=None, max_examples=100, derandomize=True)


def learned(letters):
    """Return merges learned from random letters, and their table."""
    corpus = "".join(random.Random(0).choices(letters, k=500))
    merges, _ = train_bpe(corpus, 40)
    tokenizer = Tokenizer.train([corpus], 296, r"[\s\S]+", ())
    return merges, MergeTable(tokenizer.vocabulary)


@pytest.mark.parametrize("letters", ["a", "ab", "abc", "etaoinshrdlu"])
@pytest.mark.parametrize("widths", [merging.WIDTHS, (1, 3), (4,)])
@QUICK
@given(data=st.data())
def test_pieces_side_by_side_are_merged_as_by_the_reference(
    letters, widths, data
):
    merges, table = learned(letters)
    piece = st.text(letters, min_size=1, max_size=40)
    pieces = data.draw(st.lists(piece, max_size=8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "WIDTHS", widths)
        ids, lengths = merge_pieces(
            np.frombuffer("".join(pieces).encode(), np.uint8),
            np.array([len(piece) for piece in pieces], np.int64),
            table,
        )
    expected = [encode(piece, merges) for piece in pieces]
    assert lengths.tolist() == [len(part) for part in expected]
    assert ids.tolist() == [token for part in expected for token in part]


@pytest.mark.parametrize("letters", ["a", "ab", "abc", "etaoinshrdlu"])
@QUICK
@given(data=st.data())
def test_a_long_piece_is_merged_as_by_the_reference(letters, data):
    merges, table = learned(letters)
    text = data.draw(st.text(letters, max_size=100))
    ids = np.array(list(text.encode()), np.int32)
    assert merge_long(ids, table).tolist() == encode(text, merges)


def test_of_overlapping_pairs_every_other_is_kept():
    at = np.array([0, 1, 2, 3, 7, 9, 10])
    assert without_overlaps(at, at + 1).tolist() == [0, 2, 7, 9]
    assert without_overlaps(at[:0], at[:0]).tolist() == []
