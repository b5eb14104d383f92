"""Fine-tuning a run: the training loop, on conversations."""

from collections.abc import Callable

import torch

from octavo.evaluation import Score
from octavo.finetuning.adapter import ADAPTER, write_adapter
from octavo.finetuning.learning import PackBackend
from octavo.finetuning.lora import LoraBackend
from octavo.finetuning.packing import Packs
from octavo.finetuning.preparing import BASE, conversations_of
from octavo.finetuning.recipe import TuningRecipe
from octavo.foundation.files import remove_folder
from octavo.interop import load_weights, read_tensors
from octavo.model import Transformer
from octavo.training import Run, Watcher, train
from octavo.training.checkpoints import State, list_checkpoints
from octavo.training.loop import Course


def finetune(
    run: Run,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
    tensorboard: bool = False,
) -> Score | None:
    """Fine-tune a run to its end, from its newest checkpoint if it has one.

    As `train`, of which it is a course. With LoRA, the adapter is written
    at the end.
    """
    score = train(run, watcher, stop, tensorboard, from_conversations)
    recipe = tuning_recipe(run)
    if score and recipe.tuning.lora_rank:
        newest = list_checkpoints(run.folder)[-1]
        kept = read_tensors(newest / "optimizer.safetensors")
        thin = {n: x for n, x in kept.items() if n.startswith(("A.", "B."))}
        folder = run.folder / ADAPTER
        if folder.exists():
            remove_folder(folder)
        write_adapter(folder, thin, recipe.model, recipe.tuning.base)
    return score


def from_conversations(run: Run) -> Course:
    """Return the course of a base through a run's conversations."""
    recipe = tuning_recipe(run)
    training, rank = recipe.training, recipe.tuning.lora_rank
    torch.manual_seed(training.seed)
    model = Transformer(recipe.model)
    load_weights(model, run.folder / BASE)
    backend = (
        LoraBackend(model, training, rank)
        if rank
        else PackBackend(model, training)
    )
    packs = Packs(conversations_of(run), training.batch_size, training.seed)
    return Course(State(model=model, backend=backend), packs)


def tuning_recipe(run: Run) -> TuningRecipe:
    """Return the recipe of a run that `open_run` opened."""
    assert isinstance(run.recipe, TuningRecipe)
    return run.recipe
