"""Training: from a wish to a run folder with a model in it.

Read in this order: recipe, metrics, run, batches, optimizers, the folder
memory, backends, devices, surroundings, checkpoints, steps, the folder
trouble, samples, track, looks, events, loop, material, the folder dial,
preparing, judge; and chart and the folder doctor, which are imported where
they are needed.
"""

from octavo.training.devices import choose_device
from octavo.training.dial.plan import Plan
from octavo.training.dial.sizes import SIZES
from octavo.training.dial.wish import Wish
from octavo.training.judge import evaluate_run
from octavo.training.loop import train
from octavo.training.metrics import Metrics
from octavo.training.preparing import (
    plan_run,
    prepare,
    prepare_from_recipe,
    with_techniques,
)
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe
from octavo.training.run import Run, load_trained
from octavo.training.samples import write_sample, write_verse
from octavo.training.track import Verdict
from octavo.training.watcher import Moment, Watcher

__all__ = [
    "SIZES",
    "DataRecipe",
    "Metrics",
    "Moment",
    "Plan",
    "Recipe",
    "Run",
    "TrainingRecipe",
    "Verdict",
    "Watcher",
    "Wish",
    "choose_device",
    "evaluate_run",
    "load_trained",
    "plan_run",
    "prepare",
    "prepare_from_recipe",
    "train",
    "with_techniques",
    "write_sample",
    "write_verse",
]
