import pytest

from octavo.foundation import (
    UserError,
    check_known,
    check_seed,
    did_you_mean,
)


def test_the_nearest_name_is_suggested():
    known = ["context", "width", "num_layers"]
    assert did_you_mean("contxt", known) == '; did you mean "context"?'
    assert did_you_mean("zebra", known) == ""


def test_an_unknown_name_raises_with_the_nearest_or_all_names():
    check_known("key", ["width"], ["width", "depth"])
    with pytest.raises(UserError, match='unknown key: "widht"; did you'):
        check_known("key", ["widht"], ["width", "depth"])
    with pytest.raises(UserError, match="known: width, depth"):
        check_known("key", ["zebra"], ["width", "depth"])


@pytest.mark.parametrize("seed", [0, 1, (1 << 63) - 1])
def test_a_seed_that_every_generator_takes_passes(seed):
    check_seed(seed)


@pytest.mark.parametrize("seed", [-1, 1 << 63, 10**30])
def test_a_seed_that_none_takes_raises(seed):
    with pytest.raises(UserError, match=f"^seed is {seed}; .* from 0 to"):
        check_seed(seed)
