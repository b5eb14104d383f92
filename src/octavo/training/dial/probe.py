"""The probe: how fast this machine trains, from some steps thrown away."""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from octavo.evaluation import window_nats
from octavo.training.batches import Batches
from octavo.training.recipe import Recipe
from octavo.training.steps import begin, take_step

PROBE_SECONDS = 0.5  # for each way to compute, and each size
FINAL_SECONDS = 1.5  # for the winner, once more
JUDGED_WINDOWS = 16  # at once, as in the closing evaluation


def measure_speed(
    recipe: Recipe, batches: Batches, seconds: float = PROBE_SECONDS
) -> float:
    """Return tokens per second, from some steps of a model thrown away.

    The first step is not counted: it makes room for all that follow.
    """
    torch.set_num_threads(recipe.training.threads)
    state = begin(recipe)
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < seconds or len(times) < 3:
        step = time.perf_counter()
        take_step(state, 1.0, *batches.at(state.step))
        times.append(time.perf_counter() - step)
    return batches.tokens_per_step / statistics.mean(times[1:])


def measure_judging(recipe: Recipe, batches: Batches) -> float:
    """Return tokens per second in the closing evaluation."""
    torch.set_num_threads(recipe.training.threads)
    model = begin(recipe).model
    window = batches.ids[: recipe.model.context + 1]
    windows = np.tile(window, (JUDGED_WINDOWS, 1)).astype(np.int64)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        window_nats(model, windows)
        times.append(time.perf_counter() - began)
    return JUDGED_WINDOWS * (len(window) - 1) / min(times)


def ways_to_compute(
    recipe: Recipe, precisions: Sequence[str]
) -> list[Recipe]:
    """Return the recipe with all threads and with one, in each precision.

    Threads wait for each other at every product. Where another program
    keeps a core busy, they do little else, and one thread is faster by far
    (LOG.md).
    """
    training = recipe.training
    if training.backend != "torch":
        return [recipe]
    return [
        replace(
            recipe,
            training=replace(
                training, threads=threads, precision=precision
            ),
        )
        for threads in sorted({1, training.threads})
        for precision in precisions
    ]


def speed_between(measured: Mapping[int, float], parameters: int) -> float:
    """Return a size's speed, by the power law through two measured ones.

    In double logarithms it is a line. Small products use a processor less
    well than large ones: the line is flatter than arithmetic would have it.
    """
    if len(measured) == 1:
        (only,) = measured.values()
        return only
    (n1, speed1), (n2, speed2) = sorted(measured.items())
    slope = math.log(speed2 / speed1) / math.log(n2 / n1)
    return float(speed1 * (parameters / n1) ** slope)
