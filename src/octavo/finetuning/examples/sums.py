"""Sums of two numbers up to 99, worked digit by digit.

A model that guesses a sum at once must know thousands of them. One that
writes the working needs only the hundred sums of two digits, and where to
look: each number it writes is the sum of digits that it can point to. So
the working begins with the units, as on paper, and always has both rows,
the carry too where it is 0. The tokenizer gives each digit its own token.
"""

from collections.abc import Iterator
from random import Random

from octavo.finetuning.examples.topics import Part, Topic

LARGEST = 99
TRAINED, TESTED = 5_000, 500


def worked(a: int, b: int) -> str:
    """Return the sum of two numbers up to 99, with its working.

    >>> print(worked(47, 38))
    Units: 7 + 8 = 15, write 5, carry 1.
    Tens: 4 + 3 + 1 = 8, write 8, carry 0.
    So 47 + 38 = 85.
    """
    units = a % 10 + b % 10
    carry = units // 10
    tens = a // 10 + b // 10 + carry
    return (
        f"Units: {a % 10} + {b % 10} = {units}, "
        f"write {units % 10}, carry {carry}.\n"
        f"Tens: {a // 10} + {b // 10} + {carry} = {tens}, "
        f"write {tens % 10}, carry {tens // 10}.\n"
        f"So {a} + {b} = {a + b}."
    )


def sum_topics(random: Random) -> Iterator[Topic]:
    """Yield sums to train on, and others to test with.

    A sum that is tested is not trained on the other way round either.
    """
    pairs = [(a, b) for a in range(LARGEST + 1) for b in range(a + 1)]
    random.shuffle(pairs)
    for a, b in pairs[:TESTED]:
        turned = random.random() < 0.5
        yield _topic(*((b, a) if turned else (a, b)), Part.TEST)
    rest = pairs[TESTED:]
    both = [*rest, *((b, a) for a, b in rest if a != b)]
    for a, b in random.sample(both, TRAINED):
        yield _topic(a, b, Part.TRAIN)


def _topic(a: int, b: int, part: Part) -> Topic:
    """Return the topic of one sum."""
    return Topic(
        kind="sum",
        phrasing="sum",
        slots={"a": str(a), "b": str(b)},
        answer=worked(a, b),
        part=part,
    )
