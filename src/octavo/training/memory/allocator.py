"""The C library's memory: who trains wants the same blocks every step.

glibc gives large blocks back to the system when they are freed. A step
later it asks for them again, and the system clears every page before it
hands it over: up to an eighth of a small step (LOG.md). Other systems' C
libraries are left as they are.
"""

import ctypes
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt's names for them
NEVER = -1
BLOCK = 80 * 2**20  # bytes: larger ones would leave holes too large to keep


def keep_freed_memory() -> bool:
    """Keep what is freed for the next step; say whether that can be."""
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return bool(
        library.mallopt(TRIM_THRESHOLD, NEVER)
        and library.mallopt(MMAP_THRESHOLD, BLOCK)
    )
