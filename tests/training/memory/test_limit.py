"""Limits: read from text, and kept by the cheapest techniques."""

import pytest

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training.dial.facts import memory_facts
from octavo.training.memory.limit import (
    fit,
    least_memory,
    memory_for,
    parse_memory,
    require_predictable,
)
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe


def recipe_of(
    vocab_size: int,
    batch_size: int,
    context: int = 256,
    layers: int = 6,
    width: int = 384,
) -> Recipe:
    model = ModelConfig(
        vocab_size=vocab_size, context=context, num_layers=layers,
        width=width, num_heads=width // 64, num_kv_heads=width // 64,
        mlp_width=3 * width,
    )  # fmt: skip
    training = TrainingRecipe(tokens=4096, batch_size=batch_size)
    return Recipe(
        data=DataRecipe(corpus="x"), model=model, training=training
    )


LARGE, SMALL = recipe_of(50_000, 8), recipe_of(256, 16)
LONG = recipe_of(256, 2, context=2048, layers=12, width=768)


def chosen(recipe: Recipe, limit: int) -> tuple[int, int, bool]:
    """Return loss_chunk, accumulate and checkpoint_activations."""
    fitted = fit(recipe, limit)
    assert 1.2 * predict_memory(fitted) <= limit
    t = fitted.training
    return t.loss_chunk, t.accumulate, t.checkpoint_activations


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GiB", 4 * 2**30),
        ("500MB", 500_000_000),
        ("1.5 gb", 1_500_000_000),
        (" 512mib ", 2**29),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "4", "4 gigs", "-1GB", "0MB", "nanGB", "9" * 400 + "GB", "4G\n4B"],
)
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(UserError, match="write it as in 4GiB"):
        parse_memory(text)


@pytest.mark.parametrize("recipe", [LARGE, SMALL])
def test_what_fits_is_left_alone(recipe: Recipe) -> None:
    """The margin is part of it: a byte less, and something is done."""
    enough = memory_for(recipe)
    assert enough == pytest.approx(1.2 * predict_memory(recipe), abs=1)
    assert fit(recipe, enough) == recipe
    assert fit(recipe, enough - 1) != recipe


def test_the_logits_of_a_large_vocabulary_come_first() -> None:
    limit = memory_for(LARGE) - 1
    assert chosen(LARGE, limit) == (256, 1, False)


def test_a_small_vocabulary_is_read_in_parts() -> None:
    limit = memory_for(SMALL) - 1
    assert chosen(SMALL, limit) == (0, 2, False)


def test_blocks_are_computed_twice_before_parts_are_small() -> None:
    """A window of 2,048 tokens makes no smaller part."""
    limit = memory_for(LONG) - 1
    assert chosen(LONG, limit) == (0, 2, False)
    limit = memory_for(fit(LONG, limit)) - 1
    assert chosen(LONG, limit) == (0, 2, True)
    least = least_memory(SMALL)  # of 16 windows, two make 512 tokens
    assert chosen(SMALL, least) == (0, 8, False)


def test_where_nothing_fits_the_least_is_told_and_does() -> None:
    with pytest.raises(UserError, match="too low for 6 layers 384") as told:
        fit(LARGE, 10**9)
    least = parse_memory(str(told.value).split("would do is ")[1])
    assert 0 <= least - least_memory(LARGE) < 10**6
    assert chosen(LARGE, least)[0] == 256
    with pytest.raises(UserError, match="the least"):
        fit(LARGE, least - 10**6)


def test_parts_that_a_recipe_has_stay() -> None:
    recipe = SMALL.changed(["training.accumulate=4"])
    assert chosen(recipe, memory_for(recipe) - 1) == (0, 8, False)


def test_a_change_is_told_with_its_rule() -> None:
    limit = memory_for(LARGE) - 1
    first, second = memory_facts(limit, LARGE, fit(LARGE, limit))
    assert first.value == f"{-(-limit // 10**6)}MB"
    assert "as you asked; " in first.rule
    assert second.value == "loss_chunk = 256"


@pytest.mark.parametrize(
    "where", [("numpy", "cpu"), ("jax", "cpu"), ("torch", "mps")]
)
def test_where_no_prediction_holds_it_is_refused(where) -> None:
    with pytest.raises(UserError, match=" on ".join(where)):
        require_predictable(*where)
