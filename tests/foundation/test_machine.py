"""What the system says, beside what it says elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.foundation.machine import (
    peak_memory,
    total_memory,
    usable_cores,
)

MB = 1_000_000


def test_the_peak_grows_by_what_is_taken_and_does_not_shrink():
    if peak_memory() is None:
        assert sys.platform == "win32"
        return
    code = (
        "from octavo.foundation.machine import peak_memory as peak\n"
        "before = peak(); room = bytearray(b'x') * 200_000_000\n"
        "after = peak(); del room; print(after - before, peak() - after)"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    grown, later = map(int, out.split())
    assert 190 * MB < grown < 260 * MB
    assert abs(later) < 5 * MB


def test_sizes_are_those_of_a_machine():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    total, peak = total_memory(), peak_memory()
    if total and peak:
        assert 10 * MB < peak < total
    if sys.platform == "linux":
        first, *_ = Path("/proc/meminfo").read_text("ascii").splitlines()
        kilobytes = int(first.split()[1])
        assert total == pytest.approx(1024 * kilobytes, rel=0.01)
