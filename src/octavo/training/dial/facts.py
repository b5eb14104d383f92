"""The rules that need no probe, and the line that each is told in."""

from collections.abc import Iterator
from dataclasses import replace

from octavo.training.dial.plan import Fact
from octavo.training.dial.wish import Wish
from octavo.training.memory.limit import changes, megabytes
from octavo.training.memory.prediction import predict_memory
from octavo.training.recipe import Recipe, TrainingRecipe

ASKED = "as you asked"
# By backend, the learning rates of matrices and of all else. PyTorch has
# Muon for the former, the twins have AdamW for both (LOG.md).
RATES = {
    "torch": (0.02, 0.01),
    "numpy": (0.004, 0.01),
    "jax": (0.004, 0.01),
}
TOKENS_PER_STEP = 1024


def batch_size_for(wish: Wish, context: int, windows_per_pass: int) -> int:
    """Return how many windows a step reads: 1,024 tokens, or one pass."""
    usual = max(1, TOKENS_PER_STEP // context)
    return wish.batch_size or max(1, min(usual, windows_per_pass))


def facts_of(wish: Wish, recipe: Recipe) -> Iterator[Fact]:
    """Yield the numbers that follow from the wish and the text."""
    model, training = recipe.model, recipe.training
    yield Fact(
        "vocabulary",
        f"{model.vocab_size:,} tokens",
        _vocabulary_rule(wish),
    )
    yield Fact(
        "context",
        f"{model.context} tokens",
        ASKED if wish.context else "the size's usual one",
    )
    yield Fact(
        "batch",
        f"{training.batch_size} windows",
        ASKED
        if wish.batch_size
        else f"{TOKENS_PER_STEP:,} tokens a step, or one pass",
    )
    yield Fact(
        "learning rates",
        f"{training.matrix_learning_rate:g} for matrices, "
        f"{training.other_learning_rate:g} for all else",
        _rates_rule(training),
    )
    yield Fact(
        "schedule",
        f"{training.warmup_steps} steps up, the last "
        f"{training.decay_share:.0%} down to zero",
        "straight lines; a longer way down was worse (LOG.md)",
    )
    if training.device != "cpu":
        named = wish.device == training.device
        rule = ASKED if named else "there is one"
        yield Fact("device", training.device, rule)
    plain = replace(recipe, training=TrainingRecipe(tokens=1))
    asked = replace(recipe, training=wish.bare())
    for change, _ in changes(plain, asked):
        yield Fact("memory", change, ASKED)
    if wish.memory_limit:
        yield from memory_facts(wish.memory_limit, asked, recipe)


def memory_facts(
    limit: int, before: Recipe, after: Recipe
) -> Iterator[Fact]:
    """Yield a memory limit, and what was done to a recipe to keep it."""
    predicted = megabytes(predict_memory(after))
    rule = f"{ASKED}; {predicted} are predicted, and a fifth more wanted"
    yield Fact("memory limit", megabytes(limit), rule)
    for change, why in changes(before, after):
        yield Fact("to fit in it", change, why)


def _vocabulary_rule(wish: Wish) -> str:
    """Say where a vocabulary's size comes from."""
    if wish.tokenizer != "train":
        return f'that of the tokenizer "{wish.tokenizer}"'
    if wish.vocab_size:
        return ASKED
    return "one for each kilobyte of text, from 512 to 4,096"


def _rates_rule(training: TrainingRecipe) -> str:
    """Say where the learning rates come from."""
    if training.backend == "torch":
        return "measured best for Muon and AdamW (LOG.md)"
    return f"for AdamW alone, which the backend {training.backend} has"
