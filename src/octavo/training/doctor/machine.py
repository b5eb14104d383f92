"""The machine, as far as a run's speed and room depend on it."""

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

from octavo.foundation.machine import total_memory, usable_cores
from octavo.training.devices import choose_device
from octavo.training.memory.precision import has_fast_bfloat16

PROBE_SECONDS = 0.15


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Cores, memory and free disk; a size that is unknown is None."""

    cores: int
    memory: int | None  # bytes
    free_disk: int | None  # bytes, where the run is
    accelerator: str = "cpu"  # what --device auto takes

    @classmethod
    def probe(cls, folder: Path) -> Self:
        """Ask the system about itself."""
        return cls(
            cores=usable_cores(),
            memory=total_memory(),
            free_disk=shutil.disk_usage(folder).free,
            accelerator=choose_device("auto"),
        )

    def has_fast_bfloat16(self) -> bool:
        """Say whether products in bfloat16 are faster than in float32."""
        return has_fast_bfloat16()

    def products(
        self,
        rows: int,
        inner: int,
        columns: int,
        threads: int,
        dtype: torch.dtype = torch.float32,
    ) -> float:
        """Measure matrix products of one shape: their FLOPs a second.

        The quickest try counts, as other programs may disturb the rest.
        """
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        a = torch.ones(rows, inner, dtype=dtype)
        b = torch.ones(inner, columns, dtype=dtype)
        quickest, began = math.inf, time.perf_counter()
        while time.perf_counter() - began < PROBE_SECONDS:
            start = time.perf_counter()
            a @ b
            quickest = min(quickest, time.perf_counter() - start)
        torch.set_num_threads(before)
        return 2 * rows * inner * columns / quickest
