"""The works, taken apart once for all tests."""

import pytest

from octavo.finetuning.examples.plays import Play, plays_of
from octavo.text import Corpus, load_corpus


@pytest.fixture(scope="session")
def works(works_cache) -> Corpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTAVO_CACHE", str(works_cache))
        return load_corpus("shakespeare")


@pytest.fixture(scope="session")
def plays(works) -> dict[str, Play]:
    return {play.title: play for play in plays_of(works)}
