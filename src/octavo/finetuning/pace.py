"""How fast a model learns from conversations here: a few steps tell."""

import time
from collections.abc import Sequence
from copy import deepcopy

from octavo.finetuning.lora import learner
from octavo.finetuning.recipe import TuningRecipe
from octavo.finetuning.rehearsal import lessons
from octavo.finetuning.rendering import Rendered
from octavo.model import Transformer
from octavo.tokenizer import TokenFile

PROBED = 3  # steps; one more before them is not counted


def speed_of(
    recipe: TuningRecipe,
    model: Transformer,
    conversations: Sequence[Rendered],
    train: TokenFile,
) -> float:
    """Return how many tokens a second a copy of the model learns from."""
    training = recipe.training
    copy = deepcopy(model).train()
    backend = learner(copy, training, recipe.tuning.lora_rank)
    packs = lessons(recipe, conversations, train)
    read = began = 0.0
    for step in range(1 + PROBED):
        pack = packs.at(step)
        backend.loss(*pack)
        backend.step(1.0)
        read += sum(pack.lengths)
        if step == 0:
            read, began = 0, time.perf_counter()
    return read / (time.perf_counter() - began)
