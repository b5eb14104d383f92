"""What several tests share: one thread, one more device, the archive."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

# Before torch is imported, here and in every process that tests start: the
# models are tiny, and two threads that wait for each other on a machine
# with other work to do are many times slower than one.
os.environ["OMP_NUM_THREADS"] = "1"
# What is asserted to the last bit is the CPU's.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import pytest
import torch

from octavo.foundation.files import cache_folder
from octavo.text.catalogue import WORKS
from octavo.text.fetching import fetch

from .other_device import NAME, OtherDevice


@pytest.fixture(scope="session")
def works_cache() -> Iterator[Path]:
    """A cache that holds the archive of the works, kept between runs."""
    folder = cache_folder() / "tests"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTAVO_CACHE", str(folder))
        fetch(WORKS)
        yield folder


@pytest.fixture
def other_device(monkeypatch) -> Iterator[OtherDevice]:
    """A device besides the CPU, under the name of `NAME`."""
    monkeypatch.setattr(
        sys.modules["torch.optim.optimizer"],
        "_get_fused_kernels_supported_devices",
        lambda: ["cpu", NAME],
    )
    # Parameters that are moved stay themselves, as on real devices.
    torch.__future__.set_swap_module_params_on_conversion(True)
    with OtherDevice() as device:
        yield device
    torch.__future__.set_swap_module_params_on_conversion(False)
