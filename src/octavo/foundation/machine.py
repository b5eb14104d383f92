"""What the machine has: cores and memory, as far as the system tells."""

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

LINUX = Path("/proc/self/status")


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


def peak_memory() -> int | None:
    """Return the most memory this program had at once, in bytes, or None.

    It is what lay in memory, all libraries included; Windows does not tell.
    """
    if sys.platform == "win32":
        return None
    if LINUX.is_file():  # elsewhere asked first, it would count its parent
        _, _, rest = LINUX.read_text("ascii").partition("VmHWM:")
        return 1024 * int(rest.split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
