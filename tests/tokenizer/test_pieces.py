from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.tokenizer.cutting import Cutter
from octavo.tokenizer.patterns import Splitter
from octavo.tokenizer.pieces import PieceNumbers, Pieces, gather

QUICK = settings(deadline=None, max_examples=150, derandomize=True)
# Around eight and sixteen bytes a piece changes its kind of key.
BYTES = st.lists(
    st.integers(1, 18).flatmap(
        lambda n: st.sampled_from([b"a" * n, b"\0" * n, b"a" * n + b"\0"])
    )
    | st.binary(min_size=1, max_size=20),
    min_size=1,
    max_size=12,
)


def pieces(parts):
    lengths = np.array([len(part) for part in parts])
    starts = np.cumsum(lengths) - lengths
    return Pieces(b"".join(parts), starts, lengths)


@QUICK
@given(st.lists(BYTES, min_size=1, max_size=4))
def test_equal_pieces_and_only_those_have_one_number(stretches):
    numbers, known = PieceNumbers(), []
    for parts in stretches:
        given_ = pieces(parts)
        found, news = numbers.number(given_)
        known += [parts[new] for new in news]
        assert [known[number] for number in found] == parts
        assert given_.bytes_of(news).tobytes() == b"".join(
            parts[new] for new in news
        )
    assert len(known) == len(set(known)) == len(numbers)


@pytest.mark.parametrize("pattern", ["gpt2", "qwen2", r"\S+|\s+"])
def test_counts_of_prose_are_those_of_a_counter(prose, awkward, pattern):
    text = prose + "".join(awkward)
    numbers, known, counts = PieceNumbers(), [], Counter()
    for stretch in Cutter(pattern)(text):
        found, news = numbers.number(stretch)
        for new in news:
            start, size = stretch.starts[new], stretch.lengths[new]
            known.append(stretch.data[start : start + size].decode())
        counts.update(known[number] for number in found)
    assert counts == Counter(Splitter(pattern)(text))


def test_gather_joins_stretches():
    values = np.array([5, 6, 7, 8])
    starts, lengths = np.array([2, 0, 1, 3]), np.array([2, 1, 0, 1])
    assert gather(values, starts, lengths).tolist() == [7, 8, 5, 8]
    assert gather(values, starts[:0], lengths[:0]).tolist() == []
