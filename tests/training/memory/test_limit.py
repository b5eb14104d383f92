"""Limits: read from text, and met by the cheapest techniques."""

import pytest

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training.memory.limit import fit, parse_memory
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe

MODEL = ModelConfig(vocab_size=50_000, num_layers=6, width=384)
RECIPE = Recipe(
    data=DataRecipe(corpus="x"),
    model=MODEL,
    training=TrainingRecipe(tokens=4096),
)


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GiB", 4 * 2**30), ("500MB", 500_000_000), ("2 GB", 2 * 10**9)],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    "text", ["", "4", "4 gigs", "-1GB", "0MB", "nanGB"]
)
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(UserError, match="write it as in 4GiB"):
        parse_memory(text)


def test_what_fits_is_left_alone() -> None:
    assert fit(RECIPE, predict_memory(RECIPE), True) == (RECIPE, [])


def test_the_cheapest_comes_first() -> None:
    recipe, lines = fit(RECIPE, predict_memory(RECIPE) - 1, True)
    assert recipe.training == TrainingRecipe(tokens=4096, loss_chunk=256)
    assert len(lines) == 1


def test_the_least_that_is_named_would_do() -> None:
    with pytest.raises(UserError, match="at least") as error:
        fit(RECIPE, 1, False)
    least = str(error.value).split("at least ")[1].split(",")[0]
    recipe, _ = fit(RECIPE, parse_memory(least), False)
    assert recipe.training.precision == "bfloat16-saved"
    assert recipe.training.accumulate == 8
