"""A made-up language, for tests that train on it."""

import random

SYLLABLES = [
    "ba",
    "cor",
    "del",
    "fi",
    "gom",
    "hu",
    "ja",
    "kel",
    "lo",
    "mun",
]
WORDS = [first + second for first in SYLLABLES for second in SYLLABLES]


def verses(num_lines: int, seed: int = 0) -> str:
    """Return lines in which each word allows eight to follow it.

    There is a grammar to learn, and no two documents share much.
    """
    random_number, word = random.Random(seed).randrange, seed
    lines = []
    for _ in range(num_lines):
        row = []
        for _ in range(8):
            word = (7 * word + random_number(8)) % len(WORDS)
            row.append(WORDS[word])
        lines.append(" ".join(row).capitalize() + ",")
    return "\n".join(lines) + "\n"
