"""The choice: sizes, batches and budgets, and what is said of them."""

from dataclasses import replace

import pytest

from octavo.text import load_corpus
from octavo.training import Wish, prepare
from octavo.training.dial import choose
from octavo.training.dial.choose import batch_size_for, size_for
from octavo.training.dial.sizes import model_of
from octavo.training.material import Material


@pytest.fixture
def material(finished, text_file):
    return Material(
        corpus=load_corpus(str(text_file)),
        tokenizer=finished.tokenizer,
        train=finished.train,
        held_out=finished.held_out,
    )


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
    model = model_of("large", 4096)
    assert (model.num_layers, model.width, model.context) == (6, 384, 256)
    assert (model.num_heads, model.head_width) == (6, 64)
    assert (model.mlp_width, model.vocab_size) == (1152, 4096)
    asked = model_of("large", 4096, context=48)
    assert asked.context == 48


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


def test_minutes_are_tokens_at_this_machines_speed(
    text_file, tmp_path, recorder, monkeypatch
):
    monkeypatch.setattr(choose, "measure_speed", lambda *_: 2000.0)
    cases = ((0.5, 55_200), (1e-9, 1), (None, 1_104_000))
    for number, (minutes, tokens) in enumerate(cases):
        wish = Wish(corpus=str(text_file), minutes=minutes, context=16)
        run = prepare(wish, tmp_path / str(number), recorder)
        # Of sixty seconds a minute, 92 in a hundred are for stepping.
        assert run.recipe.training.tokens == tokens
    line = next(
        line for (line,) in recorder.of("noted") if "This machine" in line
    )
    times = 55_200 / len(run.train.ids)
    assert line == (
        "This machine trains 2,000 tokens a second: 0.5 minutes make "
        f"55,200 tokens, {times:.2f} times through the text"
    )


@pytest.mark.parametrize(
    ("one", "four", "threads", "tokens"),
    [(50.0, 80.0, 4, 4416), (50.0, 20.0, 1, 2760), (50.0, 50.0, 1, 2760)],
)
def test_one_thread_is_taken_where_it_is_faster(
    material, recipe, recorder, monkeypatch, one, four, threads, tokens
):
    draft = replace(recipe, training=replace(recipe.training, threads=4))
    monkeypatch.setattr(
        choose,
        "measure_speed",
        lambda tried, _: {1: one, 4: four}[tried.training.threads],
    )
    fitted = choose.fit_into_minutes(draft, 1.0, material, recorder)
    training = fitted.training
    assert (training.threads, training.tokens) == (threads, tokens)
    ((line,),) = recorder.of("noted")
    assert ("a second in one thread: " in line) == (threads == 1)
    assert replace(training, threads=4, tokens=1) == replace(
        draft.training, tokens=1
    )


def test_a_twin_has_threads_of_its_own(
    material, recipe, recorder, monkeypatch
):
    training = replace(recipe.training, threads=4, backend="numpy")
    monkeypatch.setattr(
        choose,
        "measure_speed",
        lambda tried, _: {4: 20.0}[tried.training.threads],
    )
    fitted = choose.fit_into_minutes(
        replace(recipe, training=training), 1.0, material, recorder
    )
    assert fitted.training.threads == 4
