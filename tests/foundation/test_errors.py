import pytest

from octavo.foundation import UserError, check_known, did_you_mean


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
