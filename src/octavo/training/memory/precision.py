"""Precision: bfloat16 where it pays, float32 where it matters.

A bfloat16 has float32's range and a third of its digits, in half the room.
Weights, gradients, optimizers, the residual stream and the loss stay
float32 always (Micikevicius et al. 2018). Norms and softmax compute in it,
and their results are rounded where a product reads them.

float32         everything
bfloat16        matrix products (Muon's too): fast where the processor
                has units for it, a hundred times slower where it has none
bfloat16-saved  only what products and all else keep for their gradients,
                for a processor without such units (`memory.saving`)
"""

import time
from contextlib import AbstractContextManager, nullcontext

import torch

from octavo.training.recipe import TrainingRecipe

AUTO = "auto"  # the fastest here
PROBE_SIZE = 256  # of the products that are timed: a millisecond, or less


def has_fast_bfloat16(device: str | torch.device = "cpu") -> bool:
    """Say whether bfloat16 products are faster than float32's here.

    A kernel may exist and be slow, so this times two small products.
    """
    seconds = [
        min(_time_product(device, kind) for _ in range(3))
        for kind in (torch.float32, torch.bfloat16)
    ]
    return seconds[1] < seconds[0]


def open_precisions(training: TrainingRecipe) -> list[str]:
    """Return what may be fastest where a recipe runs, the likeliest last.

    The twins have float32 only.
    """
    if training.backend == "torch" and has_fast_bfloat16(training.device):
        return ["float32", "bfloat16"]
    return ["float32"]


def products_in(
    precision: str, device: torch.device
) -> AbstractContextManager[object]:
    """Return the context in which products have a recipe's precision."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _time_product(device: str | torch.device, kind: torch.dtype) -> float:
    """Return the seconds that a product of two square matrices takes."""
    x = torch.ones(PROBE_SIZE, PROBE_SIZE, dtype=kind, device=device)
    began = time.perf_counter()
    (x @ x)[0, 0].item()  # to look at a number is to wait for it
    return time.perf_counter() - began
