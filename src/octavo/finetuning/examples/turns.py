"""From single exchanges to conversations, as people hold them.

Somebody says good day, asks two or three things, and takes leave. A model
that had only seen one question at a time would not know what to make of a
second one.
"""

from collections.abc import Iterable, Iterator
from random import Random

from octavo.finetuning.examples.talk import CLOSING, OPENING, small_talk
from octavo.finetuning.messages import Conversation

# Of 100 conversations so many have one exchange, two, and three.
HOW_MANY = (60, 25, 15)
POLITE = 0.1  # of conversations begin, and as many end, with small talk
LONGEST = 900  # characters of exchanges that more are joined to


def conversations(
    exchanges: Iterable[Conversation], random: Random
) -> Iterator[Conversation]:
    """Yield all exchanges, some of them joined, in their order."""
    rest = iter(exchanges)
    for first in rest:
        turns = first
        (number,) = random.choices(range(1, 4), HOW_MANY)
        for _ in range(1, number):
            if _length(turns) < LONGEST:
                turns += next(rest, ())
        if random.random() < POLITE:
            turns = small_talk(OPENING, random) + turns
        if random.random() < POLITE:
            turns += small_talk(CLOSING, random)
        yield turns


def _length(turns: Conversation) -> int:
    """Return how many characters a conversation has."""
    return sum(len(turn.content) for turn in turns)
