"""The probe: how fast this machine trains, from some steps thrown away."""

import statistics
import time

import torch

from octavo.training.batches import Batches
from octavo.training.recipe import Recipe
from octavo.training.steps import begin, take_step

PROBE_SECONDS = 2.0  # for each number of threads


def measure_speed(recipe: Recipe, batches: Batches) -> float:
    """Return tokens per second, from some steps of a model thrown away.

    The first step is not counted: it makes room for all that follow.
    """
    torch.set_num_threads(recipe.training.threads)
    state = begin(recipe)
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < PROBE_SECONDS or len(times) < 3:
        step = time.perf_counter()
        take_step(state, 1.0, *batches.at(state.step))
        times.append(time.perf_counter() - step)
    return batches.tokens_per_step / statistics.mean(times[1:])
