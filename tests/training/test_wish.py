"""What may be asked for, and the rules that fill in the rest."""

import re

import pytest

from octavo.foundation import UserError
from octavo.text import Corpus, Document
from octavo.training import Wish
from octavo.training.wish import (
    batch_size_for,
    model_for,
    opening,
    size_for,
    vocab_size_for,
)


def corpus_of(train: str, held_out: str = "held out") -> Corpus:
    return Corpus(
        name="c",
        title="",
        source="",
        train=(Document(name="a", text=train),),
        held_out=(Document(name="b", text=held_out),),
        notes=(),
    )


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
    ],
)
def test_what_contradicts_itself_is_refused(asked, message):
    with pytest.raises(UserError, match=message):
        Wish(corpus="c", **asked)


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"minutes": 0.1}, "tiny"),
        ({"minutes": 6.0}, "tiny"),
        ({"minutes": 6.1}, "small"),
        ({"minutes": 15.0}, "small"),
        ({"minutes": 45.0}, "medium"),
        ({"minutes": 46.0}, "large"),
        ({}, "small"),  # ten minutes, when nothing is said
        ({"tokens": 10**9}, "tiny"),
        ({"tokens": 5, "size": "large"}, "large"),
        ({"minutes": 90.0, "size": "small"}, "small"),
    ],
)
def test_the_minutes_choose_a_size_unless_one_is_named(asked, size):
    assert size_for(Wish(corpus="c", **asked))[0] == size


def test_the_rule_behind_a_size_is_told():
    rules = [
        size_for(Wish(corpus="c", **asked))[1]
        for asked in ({"size": "tiny"}, {"tokens": 5}, {"minutes": 2.5}, {})
    ]
    assert rules == [
        "as you asked",
        "the smallest, when neither size nor minutes are set",
        "what learns most in 2.5 minutes",
        "what learns most in 10 minutes",
    ]


def test_a_model_has_the_shape_of_its_size():
    model = model_for(Wish(corpus="c", size="large"), 4096)
    assert (model.num_layers, model.width, model.context) == (6, 384, 256)
    assert (model.num_heads, model.head_width) == (6, 64)
    assert (model.mlp_width, model.vocab_size) == (1152, 4096)
    asked = model_for(Wish(corpus="c", size="large", context=48), 4096)
    assert asked.context == 48


@pytest.mark.parametrize(
    ("num_bytes", "size"),
    [(1, 512), (512_999, 512), (700_000, 700), (5_000_000, 4096)],
)
def test_a_vocabulary_has_a_token_for_each_kilobyte(num_bytes, size):
    assert vocab_size_for(corpus_of("x" * num_bytes)) == size
    assert vocab_size_for(corpus_of("é" * (num_bytes // 2))) == size


@pytest.mark.parametrize(
    ("context", "windows", "batch_size"),
    [
        (128, 999, 8),
        (1, 9999, 1024),
        (4096, 9, 1),
        (128, 3, 3),
        (128, 0, 1),
    ],
)
def test_a_step_reads_a_thousand_tokens_or_a_pass(
    context, windows, batch_size
):
    wish = Wish(corpus="c")
    assert batch_size_for(wish, context, windows) == batch_size
    assert batch_size_for(Wish(corpus="c", batch_size=7), context, 1) == 7


@pytest.mark.parametrize(
    ("held_out", "prompt"),
    [
        ("\n\n ACT I.\nSCENE", "ACT I.\n"),
        ("x" * 100, "x" * 60 + "\n"),
        ("\n \n", "\n"),  # nothing but blank lines
    ],
)
def test_samples_begin_as_the_held_out_text_does(held_out, prompt):
    assert opening(corpus_of("t", held_out)) == prompt
