"""What several tests share: the real archive, fetched once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.foundation.files import cache_folder
from octavo.text.catalogue import WORKS
from octavo.text.fetching import fetch


@pytest.fixture(scope="session")
def works_cache() -> Iterator[Path]:
    """A cache that holds the archive of the works, kept between runs."""
    folder = cache_folder() / "tests"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTAVO_CACHE", str(folder))
        fetch(WORKS)
        yield folder
