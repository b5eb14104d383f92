"""What may be asked for, and what contradicts itself."""

import re

import pytest

from octavo.foundation import UserError
from octavo.training import Wish

NAN, INF = float("nan"), float("inf")
OUTSIDE = [
    *(("minutes", value) for value in (0, -1, NAN, INF, -INF, 1e308)),
    *(("tokens", value) for value in (0, -1, 10**30)),
    *(("context", value) for value in (0, -5)),
    *(("batch_size", value) for value in (0, -5)),
    *(("vocab_size", value) for value in (0, -5)),
    *(("seed", value) for value in (-1, 1 << 63)),
]


@pytest.mark.parametrize(("name", "value"), OUTSIDE)
def test_numbers_outside_their_range_are_named(name, value):
    message = re.escape(f"{name} is {value}; it must be")
    with pytest.raises(UserError, match=f"^{message}"):
        Wish(corpus="c", **{name: value})


def test_the_largest_numbers_are_told():
    with pytest.raises(UserError, match=r"above 0 and at most 525,600$"):
        Wish(corpus="c", minutes=525_601)
    Wish(corpus="c", minutes=525_600)
    with pytest.raises(UserError, match=r"at most 1,000,000,000,000,000$"):
        Wish(corpus="c", tokens=10**15 + 1)
    with pytest.raises(UserError, match=r"context is 0; .* above 0$"):
        Wish(corpus="c", context=0)


@pytest.mark.parametrize("name", ["corpus", "field", "tokenizer", "prompt"])
def test_texts_are_neither_empty_nor_broken(name):
    with pytest.raises(UserError, match=f"^{name} is empty"):
        Wish(**({"corpus": "c"} | {name: ""}))
    broken = b"caf\xe9".decode("utf-8", "surrogateescape")  # as in argv
    with pytest.raises(UserError, match=f"^{name} .*UTF-8 at character 3"):
        Wish(**({"corpus": "c"} | {name: broken}))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"minutes": 1.0, "tokens": 5}, "give one of them"),
        ({"tokenizer": "bytes", "vocab_size": 300}, '"bytes" has its own'),
        ({"size": "tinny"}, 'unknown size: "tinny"; did you mean "tiny"'),
        ({"accumulate": 0}, "accumulate is 0; it must be a whole number"),
        ({"loss_chunk": -1}, "loss_chunk is -1; it must be 0 or above"),
        ({"precision": "bfloat"}, 'precision: "bfloat"; did you mean "bf'),
        ({"backend": "numpy", "accumulate": 2}, "a batch in one part"),
    ],
)
def test_what_contradicts_itself_is_refused(asked, message):
    with pytest.raises(UserError, match=message):
        Wish(corpus="c", **asked)
