"""Signs that time, room or bytes are lost: speed, memory, disk, files."""

from dataclasses import replace

import numpy as np
import torch

from octavo.foundation.checksums import changed
from octavo.training.doctor.evidence import Evidence, Sign
from octavo.training.memory.limit import least_memory, memory_for

STRETCHES, FEWEST = 20, 8  # of the run, and of steps in each
# Of a run's time, lost in stretches that were slower than its quicker ones.
LOST = 0.35
SMALL_STEP = 256  # tokens: below, a step may be little but overhead,
OVERHEAD = 0.1  # if it gets so little of what products could do here
LARGE_STEP = 1024  # tokens: from here on, overhead is no excuse for
STARVED = 0.03  # so little
WORTHWHILE = 1.5  # times as fast
NEARLY_FULL = 0.9  # of the machine's memory
ROOMY = 0.75  # of it leave room for other programs
KEPT = 3  # checkpoints on the disk while one is written, and the weights


def other_work(e: Evidence) -> Sign | None:
    """Look for time that went elsewhere: in stretches, or in all steps."""
    return slow_stretches(e) or slow_throughout(e)


def slow_stretches(e: Evidence) -> Sign | None:
    """Look for stretches in which steps took much longer than elsewhere."""
    size = max(FEWEST, len(e.step_seconds) // STRETCHES)
    count = len(e.step_seconds) // size
    if count < 4:
        return None
    parts = e.step_seconds[: count * size].reshape(count, size)
    # The middle one of a stretch: a look at the model is no slow step.
    usual = np.median(parts, axis=1)
    quick = float(np.quantile(usual, 0.25))
    lost = float(1 - quick * count / np.maximum(usual, quick).sum())
    if lost < LOST:
        return None
    return Sign(
        f"steps took {1000 * quick:.0f} ms in the quick parts of the run "
        f"and up to {1000 * usual.max():.0f} ms in others: {lost:.0%} of "
        "the time was lost"
    )


def slow_throughout(e: Evidence) -> Sign | None:
    """Look for a run that had next to nothing of the processor."""
    if not (e.by_torch_on_cpu and e.tokens_per_second):
        return None
    share = e.share_of_products
    if e.tokens_per_step < LARGE_STEP or share > STARVED:
        return None
    return Sign(
        f"{e.tokens_per_second:,.0f} tokens a second are {share:.1%} of "
        "what this machine's matrix products allow when nothing else runs"
    )


def steps_too_small(e: Evidence) -> Sign | None:
    """Look for steps in which little but calling and waiting is done."""
    if not (e.by_torch_on_cpu and e.tokens_per_second):
        return None
    if e.tokens_per_step >= SMALL_STEP:
        return None
    share, context = e.share_of_products, e.run.recipe.model.context
    if share > OVERHEAD:
        return None
    return Sign(
        f"a step reads only {e.tokens_per_step} tokens, and reaches "
        f"{share:.1%} of the speed of this machine's matrix products",
        {"batch_size": e.batch_size_for(2 * SMALL_STEP, context)},
    )


def wrong_precision(e: Evidence) -> Sign | None:
    """Look for products in the precision that is slower here.

    Only their share of a step's time gets shorter with them.
    """
    training = e.run.recipe.training
    if not (e.by_torch_on_cpu and e.tokens_per_second):
        return None
    fast = e.machine.has_fast_bfloat16()
    if training.precision == "bfloat16" and not fast:
        return Sign(
            "this machine's matrix products are slower in bfloat16 than in "
            "float32",
            {"precision": "float32"},
        )
    if training.precision == "bfloat16" or not fast:
        return None
    threads, share = training.threads, e.share_of_products
    times = e.products(threads, torch.bfloat16) / e.products(threads)
    gain = 1 / (1 - share + share / times)
    if gain < WORTHWHILE:
        return None
    return Sign(
        f"matrix products take {share:.0%} of the time, and are "
        f"{times:.0f} times as fast in bfloat16 on this machine: the run "
        f"would be about {gain:.1f} times as fast",
        {"precision": "bfloat16"},
    )


def idle_cores(e: Evidence) -> Sign | None:
    """Look for cores that training leaves alone, and could use."""
    threads, cores = e.run.recipe.training.threads, e.machine.cores
    if threads >= cores or not e.by_torch_on_cpu:
        return None
    gain = e.products(cores) / e.products(threads)
    if gain < WORTHWHILE:
        return None
    return Sign(
        f"the run computes in {threads} of this machine's {cores} cores; "
        f"its matrix products are {gain:.1f} times as fast in all of them",
        {"threads": cores},
    )


def idle_accelerator(e: Evidence) -> Sign | None:
    """Look for a graphics card that could train, and does not."""
    name = e.machine.accelerator
    if name == "cpu" or not e.by_torch_on_cpu:
        return None
    return Sign(
        f"the run computes on the CPU, and PyTorch finds a {name} device",
        {"device": name},
    )


def too_much_kept(e: Evidence) -> Sign | None:
    """Look for such a program that techniques could make smaller."""
    sign, recipe, total = memory_full(e), e.run.recipe, e.machine.memory
    where = recipe.training.backend, recipe.training.device
    if sign is None or total is None or where != ("torch", "cpu"):
        return None
    least, now = least_memory(recipe), memory_for(recipe)
    limit = -(-max(least, int(ROOMY * total)) // 10**6)  # in MB
    if limit * 10**6 >= now:
        return None
    return replace(sign, values={"limit": limit})


def memory_full(e: Evidence) -> Sign | None:
    """Look for a program that nearly filled the machine's memory."""
    peaks = [peak for _, peak in e.metrics.of("peak_memory") if peak]
    total = e.machine.memory
    if not peaks or total is None or max(peaks) < NEARLY_FULL * total:
        return None
    batch = e.run.recipe.training.batch_size
    return Sign(
        f"training took {max(peaks) / 2**30:.1f} GiB at its peak, and the "
        f"machine has {total / 2**30:.1f}",
        {"batch_size": max(1, batch // 2)},
    )


def disk_full(e: Evidence) -> Sign | None:
    """Look for a disk that has no room for the next checkpoint."""
    free, number = e.machine.free_disk, torch.float32.itemsize
    # Weights and momentum for all, a second moment for some.
    needed = KEPT * 3 * number * e.shape.num_parameters()
    if e.ended or free is None or free > needed:
        return None
    return Sign(
        f"{free / 1e6:,.0f} MB are free where the run is, and its "
        f"checkpoints may need {needed / 1e6:,.0f}"
    )


def changed_files(e: Evidence) -> Sign | None:
    """Look for files of a finished run that are not as it left them."""
    if not e.status.finished:
        return None
    names = changed(e.run.folder, e.status.sha256)
    if not names:
        return None
    return Sign(f"{', '.join(names)}: not what training wrote, or gone")
