"""The machine, as far as a run's speed and room depend on it."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

PROBE_SECONDS = 0.15


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Cores, memory and free disk; a size that is unknown is None."""

    cores: int
    memory: int | None  # bytes
    free_disk: int | None  # bytes, where the run is

    @classmethod
    def probe(cls, folder: Path) -> Self:
        """Ask the system about itself."""
        return cls(
            cores=usable_cores(),
            memory=total_memory(),
            free_disk=shutil.disk_usage(folder).free,
        )

    def products(
        self,
        rows: int,
        inner: int,
        columns: int,
        threads: int,
        dtype: torch.dtype = torch.float32,
    ) -> float:
        """Measure matrix products of one shape, in FLOPs a second.

        Half of the tries are faster than what is returned.
        """
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        a = torch.ones(rows, inner, dtype=dtype)
        b = torch.ones(inner, columns, dtype=dtype)
        times: list[float] = []
        began = time.perf_counter()
        while time.perf_counter() - began < PROBE_SECONDS or len(times) < 3:
            start = time.perf_counter()
            a @ b
            times.append(time.perf_counter() - start)
        torch.set_num_threads(before)
        return 2 * rows * inner * columns / sorted(times)[len(times) // 2]


def usable_cores() -> int:
    """Return how many cores this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def total_memory() -> int | None:
    """Return the machine's memory in bytes; None where it is not told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
