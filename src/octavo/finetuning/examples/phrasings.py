"""How people ask: many phrasings for each kind, some only for the test.

The facts of the works are trained on, all of them. What the test holds out
is the way of asking, so that it measures whether a question is understood,
not whether a sentence is remembered.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random


@dataclass(frozen=True, kw_only=True)
class Phrasings:
    """The phrasings of one kind: to train on, and to test with."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    def choose(self, number: int, random: Random) -> list[str]:
        """Return so many different phrasings to train on, or all."""
        return random.sample(self.train, min(number, len(self.train)))


@cache
def all_phrasings() -> Mapping[str, Phrasings]:
    """Return kind -> its phrasings."""
    text = files(__package__).joinpath("phrasings.toml").read_text("utf-8")
    return {
        kind: Phrasings(
            train=tuple(found["train"]), test=tuple(found["test"])
        )
        for kind, found in tomllib.loads(text).items()
    }


def fill(phrasing: str, slots: Mapping[str, str]) -> str:
    """Return a phrasing with its braces filled in.

    >>> fill("{Name} is in which play?", {"name": "the Fool"})
    'The Fool is in which play?'
    """
    name = slots.get("name", "")
    return phrasing.format(**slots, Name=capitalized(name))


def capitalized(text: str) -> str:
    """Return a text with a capital to begin with, the rest as it is."""
    return text[:1].upper() + text[1:]
