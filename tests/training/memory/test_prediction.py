"""The prediction beside peaks that LOG.md has on record."""

import pytest

from octavo.model import ModelConfig
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe

MIB = 2**20


def recipe_of(vocab_size: int, **technique: int | str) -> Recipe:
    """Return the recipe of the runs on record: 8 windows of 256 tokens."""
    model = ModelConfig(
        vocab_size=vocab_size,
        num_layers=6,
        width=384,
        num_heads=6,
        num_kv_heads=6,
        mlp_width=1024,
    )
    training = TrainingRecipe(tokens=4096, **technique)  # type: ignore[arg-type]
    return Recipe(
        data=DataRecipe(corpus="x"), model=model, training=training
    )


@pytest.mark.parametrize(
    ("vocab_size", "technique", "measured"),
    [
        (256, {}, 973),
        (256, {"checkpoint_activations": True}, 837),
        (256, {"precision": "bfloat16-saved"}, 951),
        (256, {"accumulate": 4}, 720),
        (50_000, {}, 2286),
        (50_000, {"loss_chunk": 256}, 1397),
        (50_000, {"precision": "bfloat16-saved"}, 2488),
    ],
)
def test_within_a_fifth_of_what_was_measured(
    vocab_size: int, technique: dict[str, int | str], measured: int
) -> None:
    predicted = predict_memory(recipe_of(vocab_size, **technique))
    assert predicted / MIB == pytest.approx(measured, rel=0.2)


def test_a_chunk_holds_its_tokens_logits_and_a_table() -> None:
    whole = predict_memory(recipe_of(50_000))
    chunked = predict_memory(recipe_of(50_000, loss_chunk=256))
    logits = 3 * (2048 - 256) * 50_000
    assert whole - chunked == 4 * (logits - 50_000 * 384)


def test_four_parts_keep_a_quarter() -> None:
    whole = predict_memory(recipe_of(256))
    parts = predict_memory(recipe_of(256, accumulate=4))
    kept = 15 * 6 * 384 + 3 * 256  # by each token
    assert whole - parts == 4 * kept * (2048 - 512)
