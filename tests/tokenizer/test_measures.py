import pytest

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer, bytes_per_token, longest_tokens

BYTES = Tokenizer.bytes()


def test_bytes_per_token_by_hand():
    tokenizer = Tokenizer.train(["so so so"], 261)
    assert tokenizer.encode("so so") == [256, 257]  # "so" and " so"
    assert bytes_per_token(tokenizer, ["so so"]) == 2.5
    # All texts together, not the mean of each: nine bytes, five tokens.
    assert bytes_per_token(tokenizer, ["so so", "", "né!"]) == 9 / 6
    assert bytes_per_token(BYTES, ["né!", "天"]) == 1.0


def test_nothing_to_measure_on_raises():
    for nothing in ([], ["", ""]):
        with pytest.raises(UserError, match="no text to measure"):
            bytes_per_token(BYTES, nothing)


def test_the_longest_tokens_come_first_then_the_lowest_ids():
    tokenizer = Tokenizer.train(["so so so"], 261)
    assert longest_tokens(tokenizer, 4) == [b" so", b"so", b"\0", b"\1"]
    # Special tokens are no ordinary ones.
    assert len(longest_tokens(tokenizer, 999)) == 258
