"""What several tests share: one thread, and the archive, fetched once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.foundation.files import cache_folder
from octavo.text.catalogue import WORKS
from octavo.text.fetching import fetch

# Before torch is imported, here and in every process that tests start: the
# models are tiny, and two threads that wait for each other on a machine
# with other work to do are many times slower than one.
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session")
def works_cache() -> Iterator[Path]:
    """A cache that holds the archive of the works, kept between runs."""
    folder = cache_folder() / "tests"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTAVO_CACHE", str(folder))
        fetch(WORKS)
        yield folder
