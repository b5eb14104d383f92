import random

import numpy as np
import pytest

from octavo.tokenizer.table import _SPREAD, UNKNOWN, Table


def words(*numbers):
    return np.array(numbers, np.uint64)


@pytest.mark.parametrize("words_in_key", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_those_of_a_dictionary(words_in_key, seed):
    rng = random.Random(seed)
    table, known = Table(words_in_key), {}
    for _ in range(30):
        keys = [
            tuple(rng.randrange(1, 60) for _ in range(words_in_key))
            for _ in range(rng.randrange(400))
        ]
        columns = [
            words(*(key[part] for key in keys))
            for part in range(words_in_key)
        ]
        before = [known.get(key, UNKNOWN) for key in keys]
        assert table.find(*columns).tolist() == before
        numbers, sources = table.add(*columns)
        for source in sources:
            assert known.setdefault(keys[source], len(known)) == (
                len(known) - 1
            )
        assert numbers.tolist() == [known[key] for key in keys]
        assert table.find(*columns).tolist() == numbers.tolist()
    assert table.size == len(known)


def test_keys_that_want_one_slot_get_others():
    # Multiples of 2^52 by the inverse of the spread hash to one slot each.
    inverse = pow(int(_SPREAD), -1, 1 << 64)
    keys = words(*(n * inverse % (1 << 64) for n in range(1, 500)))
    table = Table()
    assert len(set(table._hash([keys]).tolist())) == 1
    numbers, _ = table.add(keys)
    assert sorted(numbers.tolist()) == list(range(499))
    assert table.find(keys).tolist() == numbers.tolist()
    assert table.find(words(500 * inverse % (1 << 64))) == [UNKNOWN]


def test_growth_keeps_numbers_and_what_is_reserved():
    table = Table()
    first, _ = table.add(words(7, 9))
    table.reserve(3)
    later = np.arange(100, 40_100, dtype=np.uint64)
    numbers, _ = table.add(later)
    assert numbers.min() == 5
    assert table.size == 40_005
    assert table.find(words(7, 9)).tolist() == first.tolist()
    assert table.find(later).tolist() == numbers.tolist()


def test_a_key_of_zeros_is_never_known():
    table = Table()
    assert table.find(words(0)) == [UNKNOWN]
    table.add(words(*range(1, 3000)))
    assert table.find(words(0)) == [UNKNOWN]
