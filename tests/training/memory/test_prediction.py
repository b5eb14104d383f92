"""The prediction beside peaks that were measured (LOG.md)."""

import pytest

from octavo.model import ModelConfig
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe

SHAPES = {
    "1M": (4, 128),
    "4M": (5, 256),
    "10M": (6, 384),
    "100M": (12, 768),
}


def recipe_of(
    size: str, vocab_size: int, context: int, batch_size: int,
    **technique: object,
) -> Recipe:  # fmt: skip
    layers, width = SHAPES[size]
    model = ModelConfig(
        vocab_size=vocab_size, context=context, num_layers=layers,
        width=width, num_heads=width // 64, num_kv_heads=width // 64,
        mlp_width=3 * width,
    )  # fmt: skip
    training = TrainingRecipe(
        tokens=4096, batch_size=batch_size, **technique
    )
    data = DataRecipe(corpus="x")
    return Recipe(data=data, model=model, training=training)


@pytest.mark.parametrize(
    ("run", "technique", "mib"),
    [
        (("1M", 256, 64, 12), {}, 352),
        (("1M", 256, 64, 12), {"precision": "bfloat16"}, 392),
        (("1M", 50_000, 128, 8), {}, 1090),
        (("1M", 50_000, 128, 8), {"loss_chunk": 256}, 705),
        (("4M", 4096, 256, 16), {}, 1181),
        (("4M", 4096, 256, 16), {"precision": "bfloat16"}, 1140),
        (("10M", 256, 256, 8), {}, 933),
        (("10M", 256, 256, 8), {"checkpoint_activations": True}, 870),
        (("10M", 256, 256, 8), {"precision": "bfloat16-saved"}, 1001),
        (("10M", 256, 256, 8), {"accumulate": 4}, 710),
        (("10M", 256, 256, 16), {"precision": "bfloat16"}, 1271),
        (("10M", 4096, 512, 8), {"precision": "bfloat16"}, 1502),
        (("10M", 50_000, 256, 8), {}, 2491),
        (("10M", 50_000, 256, 8), {"precision": "bfloat16"}, 2420),
        (("100M", 256, 512, 4), {"precision": "bfloat16"}, 3397),
        (("100M", 4096, 256, 4), {}, 2880),
        (("100M", 50_000, 256, 4), {"precision": "bfloat16"}, 3957),
    ],
)
def test_within_an_eighth_of_what_was_measured(run, technique, mib):
    predicted = predict_memory(recipe_of(*run, **technique)) / 2**20
    assert predicted == pytest.approx(mib, rel=0.125)


def test_four_parts_keep_a_quarter():
    """Of each token, 23 numbers a width in a block, and three logits."""
    run = ("10M", 256, 512, 16)
    whole = predict_memory(recipe_of(*run))
    parts = predict_memory(recipe_of(*run, accumulate=4))
    kept = 23 * 6 * 384 + 3 * 256
    expected = 4 * kept * (8192 - 2048)
    assert whole - parts == pytest.approx(expected, abs=8)
