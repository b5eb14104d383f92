"""Rehearsal: text of the base's own among the conversations.

Who learns only to answer forgets how to write. So a share of every step is
the text that the base was trained on, learned as before. (Old exercises
among the new ones, against forgetting: Robins 1995.)
"""

from collections.abc import Sequence

from octavo.finetuning.packing import Packs, mean_length
from octavo.finetuning.recipe import TuningRecipe
from octavo.finetuning.rendering import Rendered
from octavo.tokenizer import TokenFile
from octavo.training.batches import Batches


def lessons(
    recipe: TuningRecipe,
    conversations: Sequence[Rendered],
    train: TokenFile,
) -> Packs:
    """Return the packs of a recipe, with the text that it rehearses."""
    size, seed = recipe.training.batch_size, recipe.training.seed
    said = size * mean_length(conversations)
    windows, length = rehearsed(
        said, recipe.tuning.rehearsal, recipe.model.context
    )
    text = Batches(train.ids, length, windows, seed) if windows else None
    return Packs(conversations, size, seed, text, recipe.model.context)


def rehearsed(said: float, share: float, context: int) -> tuple[int, int]:
    """Return how many windows a step rehearses, and of how many tokens.

    `said` is how many tokens of conversations it reads, `share` what part
    of all that it reads is text.

    >>> rehearsed(3072, 0.25, context=512)
    (2, 512)
    >>> rehearsed(300, 0.25, context=512)
    (1, 100)
    """
    tokens = said * share / (1 - share)
    if tokens < 2:
        return 0, 0
    windows = max(1, round(tokens / context))
    return windows, min(context, round(tokens / windows))
