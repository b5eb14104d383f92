"""The question: a wish and its material, and the recipes that are open."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from octavo.training.batches import num_windows
from octavo.training.devices import choose_device
from octavo.training.dial.facts import RATES, batch_size_for
from octavo.training.dial.sizes import SIZES, model_of
from octavo.training.dial.table import Outlook
from octavo.training.dial.wish import Wish
from octavo.training.material import Material, opening
from octavo.training.memory.limit import fit, least_memory
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe

DEFAULT_MINUTES = 10.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """What there is to choose from; `began` is by time.monotonic()."""

    wish: Wish
    data: DataRecipe
    material: Material
    began: float

    @property
    def minutes(self) -> float:
        """The time to spend."""
        return self.wish.minutes or DEFAULT_MINUTES

    @cached_property
    def outlook(self) -> Outlook:
        """What the table says of the text."""
        m = self.material
        return Outlook.of(m.train, m.held_out, m.tokenizer)

    def drafts(self) -> dict[str, Recipe]:
        """Return a recipe for each size that is open, budgets open too.

        Open are the sizes of which runs were recorded, as far as the text
        is long enough for their context and the memory for their steps; or
        the one that was asked for. They are in float32, unless another
        precision was asked for.
        """
        if self.wish.size is not None:
            return {self.wish.size: self.fitted(self.draft(self.wish.size))}
        recorded = {run.size for run in self.outlook.family.runs}
        drafts = {s: self.draft(s) for s in SIZES if s in recorded}
        length = len(self.material.train.ids)
        fitting = {
            size: draft
            for size, draft in drafts.items()
            if num_windows(length, draft.model.context)
        }
        fitting = fitting or {"tiny": self.draft("tiny")}
        if limit := self.wish.memory_limit:
            needed = {s: least_memory(d) for s, d in fitting.items()}
            most = max(limit, min(needed.values()))  # one is left, to tell
            fitting = {s: fitting[s] for s in needed if needed[s] <= most}
        return {size: self.fitted(draft) for size, draft in fitting.items()}

    def fitted(self, recipe: Recipe) -> Recipe:
        """Return a recipe within the memory limit, if there is one."""
        limit = self.wish.memory_limit
        return recipe if limit is None else fit(recipe, limit)

    def draft(self, size: str) -> Recipe:
        """Return a size's recipe but for the budget."""
        wish, material = self.wish, self.material
        model = model_of(size, material.tokenizer.vocab_size, wish.context)
        windows = num_windows(len(material.train.ids), model.context)
        matrix_rate, other_rate = RATES[wish.backend]
        training = TrainingRecipe(
            tokens=1,
            batch_size=batch_size_for(wish, model.context, windows),
            seed=wish.seed,
            matrix_learning_rate=matrix_rate,
            other_learning_rate=other_rate,
            backend=wish.backend,
            device=choose_device(wish.device, wish.backend),
            threads=torch.get_num_threads(),
            on_nan=wish.on_nan,
            prompt=wish.prompt or opening(material.corpus),
            **wish.techniques,
        )
        return Recipe(data=self.data, model=model, training=training)


def changed(recipe: Recipe, **values: Any) -> Recipe:
    """Return a recipe with other values in [training]."""
    training = replace(recipe.training, **values)
    return replace(recipe, training=training)
