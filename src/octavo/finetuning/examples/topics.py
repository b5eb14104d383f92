"""What one may ask about: a topic has slots for a phrasing, and an answer.

Answers are short and always of one form, so that a model of ten million
parameters can learn them, and a program can tell whether one is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

UNKNOWN = "I do not know."


class Part(Enum):
    """Where a topic is used: to train on, to test with, or in both.

    In both, the phrasings of the test are never among those of training.
    """

    TRAIN = "train"
    TEST = "test"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Something to ask about.

    `kind` is what it is counted as, `phrasing` whose phrasings ask about
    it; they differ for what is unknown, which is asked about like the
    rest. Where the answer is open (a poem, a speech) there are many, and
    this is one of them.
    """

    kind: str
    phrasing: str
    slots: Mapping[str, str]
    answer: str
    part: Part = Part.BOTH
    is_open: bool = False
