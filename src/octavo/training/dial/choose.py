"""The choice: from a wish and its material to a recipe."""

from dataclasses import replace

import torch

from octavo.model import ModelConfig
from octavo.training.batches import num_windows
from octavo.training.devices import choose_device
from octavo.training.dial.probe import measure_speed
from octavo.training.dial.sizes import model_of
from octavo.training.dial.wish import Wish
from octavo.training.material import Material, batches_of, opening
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe
from octavo.training.watcher import Watcher

# A size for a time: the largest that still sees enough tokens in it.
SIZE_BY_MINUTES = ((6.0, "tiny"), (15.0, "small"), (45.0, "medium"))
DEFAULT_MINUTES = 10.0
# By backend, the learning rates of matrices and of all else. PyTorch has
# Muon for the former, the twins have AdamW for both (LOG.md).
RATES = {
    "torch": (0.02, 0.01),
    "numpy": (0.004, 0.01),
    "jax": (0.004, 0.01),
}
# Of the minutes, the share that is left when samples, glances, checkpoints
# and the closing evaluation have had theirs.
STEPPING_SHARE = 0.92


def choose(
    wish: Wish, data: DataRecipe, material: Material, watcher: Watcher
) -> Recipe:
    """Return the recipe for a wish on a text; say what was chosen."""
    size, rule = size_for(wish)
    model = model_of(size, material.tokenizer.vocab_size, wish.context)
    watcher.noted(
        f"Model: {size} ({model.num_layers} layers, {model.width} wide, "
        f"context {model.context}): {rule}"
    )
    training = choose_training(wish, model, material, watcher)
    recipe = Recipe(data=data, model=model, training=training)
    if wish.tokens:
        return recipe
    minutes = wish.minutes or DEFAULT_MINUTES
    return fit_into_minutes(recipe, minutes, material, watcher)


def size_for(wish: Wish) -> tuple[str, str]:
    """Return the name of a wish's size, and the rule that chose it."""
    if wish.size is not None:
        return wish.size, "as you asked"
    if wish.tokens is not None:
        return "tiny", "the smallest, when neither size nor minutes are set"
    minutes = wish.minutes or DEFAULT_MINUTES
    fitting = [size for most, size in SIZE_BY_MINUTES if minutes <= most]
    rule = f"what learns most in {minutes:g} minutes"
    return (fitting or ["large"])[0], rule


def batch_size_for(wish: Wish, context: int, windows_per_pass: int) -> int:
    """Return how many windows a step reads: 1,024 tokens, or one pass."""
    usual = max(1, 1024 // context)
    return wish.batch_size or max(1, min(usual, windows_per_pass))


def choose_training(
    wish: Wish,
    model: ModelConfig,
    material: Material,
    watcher: Watcher,
) -> TrainingRecipe:
    """Return how to train; without --tokens, the budget is still open."""
    windows = num_windows(len(material.train.ids), model.context)
    matrix_rate, other_rate = RATES[wish.backend]
    if wish.backend != "torch":
        watcher.noted(
            f"Backend: {wish.backend}, with AdamW for every parameter "
            f"(learning rate {matrix_rate:g} for matrices, {other_rate:g} "
            "for all else)"
        )
    return TrainingRecipe(
        tokens=wish.tokens or 1,
        batch_size=batch_size_for(wish, model.context, windows),
        seed=wish.seed,
        matrix_learning_rate=matrix_rate,
        other_learning_rate=other_rate,
        backend=wish.backend,
        device=choose_device(wish.device, wish.backend),
        threads=torch.get_num_threads(),
        prompt=wish.prompt or opening(material.corpus),
    )


def fit_into_minutes(
    draft: Recipe, minutes: float, material: Material, watcher: Watcher
) -> Recipe:
    """Return the recipe with threads and tokens for so many minutes.

    Threads wait for each other at every product. Where another program
    keeps a core busy, they do little else, and one thread is faster by far
    (LOG.md): so both ways are tried.
    """
    ids, most = material.train.ids, draft.training.threads
    batches = batches_of(draft, material.train)
    tried = {1, most} if draft.training.backend == "torch" else {most}
    recipes = [
        replace(draft, training=replace(draft.training, threads=threads))
        for threads in sorted(tried)
    ]
    speeds = [measure_speed(recipe, batches) for recipe in recipes]
    speed = max(speeds)
    fastest = recipes[speeds.index(speed)].training
    tokens = max(1, int(minutes * 60 * STEPPING_SHARE * speed))
    few = " in one thread" if fastest.threads < most else ""
    watcher.noted(
        f"This machine trains {speed:,.0f} tokens a second{few}: "
        f"{minutes:g} minutes make {tokens:,} tokens, "
        f"{tokens / len(ids):.2f} times through the text"
    )
    return replace(draft, training=replace(fastest, tokens=tokens))
