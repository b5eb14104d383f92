"""Signs in what the model writes, beside the text that it learns from."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from octavo.training.doctor.evidence import Evidence, Sign

LATE = 0.4  # samples from this share of the run on are looked at
WORD = re.compile(r"[^\W\d_]+")
FEW_WORDS = 12  # from fewer, nothing is concluded
# Of the words: more than held-out text has that training never saw. A
# quickstart's samples have 2 to 10 in a hundred.
UNHEARD_OF = 0.25
BROKEN = 0.02  # of the characters: bytes that make none
MOST_READ = 10_000_000  # tokens of a text, for their words
GRAM = 4  # tokens in a row that count as said again
REPEATED = 0.4  # of a sample's grams; in most texts it is near nothing
EXCERPTS = 100  # of the training text, to compare with


def gibberish(e: Evidence) -> Sign | None:
    """Look for words that the training text does not have."""
    text = "\n".join(late_samples(e))
    broken = text.count("\ufffd") / max(1, len(text))
    if broken > BROKEN:
        return Sign(
            f"{broken:.0%} of the characters in the latest samples are "
            "broken: bytes that belong together in no alphabet"
        )
    words = WORD.findall(text)
    if len(words) < FEW_WORDS:
        return None
    known = set(WORD.findall(decoded(e, e.run.train.ids)))
    held_out = WORD.findall(decoded(e, e.run.held_out.ids))
    strange = [word for word in words if word not in known]
    new = sum(word not in known for word in held_out)
    usual = new / max(1, len(held_out))
    share = len(strange) / len(words)
    if share < UNHEARD_OF + usual:
        return None
    return Sign(
        f"{share:.0%} of the words in the latest samples are not in the "
        f"training text ({', '.join(strange[:3])}); of the held-out text's "
        f"words it is {usual:.0%}"
    )


def repetition(e: Evidence) -> Sign | None:
    """Look for samples that say again what they have said, and again."""
    encode = e.run.tokenizer.encode
    samples = [encode(text) for text in late_samples(e)]
    shares = [repeated_share(ids) for ids in samples if len(ids) > 2 * GRAM]
    if not shares or max(shares) < REPEATED:
        return None
    share, length = float(np.mean(shares)), max(map(len, samples))
    usual = float(np.mean([*map(repeated_share, excerpts(e, length))]))
    if share < max(REPEATED, 2 * usual):
        return None
    return Sign(
        f"{share:.0%} of the four-token sequences in the latest samples "
        f"had stood in them before; in as much training text it is "
        f"{usual:.0%}"
    )


def late_samples(e: Evidence) -> list[str]:
    """Return what the model wrote late: no prompts, no cut words."""
    prompt = e.run.recipe.training.prompt
    samples = e.metrics.of("sample")
    last = samples[-1][0] if samples else 0
    return [
        re.sub(r"\w+\Z", "", text.removeprefix(prompt))
        for step, text in samples
        if step and step >= LATE * last
    ]


def repeated_share(ids: Sequence[int]) -> float:
    """Return the share of four ids in a row that have stood before.

    >>> repeated_share([1, 2, 3, 4, 1, 2, 3, 4])
    0.2
    """
    grams = [
        tuple(ids[at : at + GRAM]) for at in range(len(ids) - GRAM + 1)
    ]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def excerpts(e: Evidence, length: int) -> Iterable[list[int]]:
    """Yield pieces of the training text, evenly spread."""
    ids = e.run.train.ids
    for at in np.linspace(0, max(0, len(ids) - length), EXCERPTS):
        yield ids[int(at) : int(at) + length].tolist()


def decoded(e: Evidence, ids: NDArray[np.integer]) -> str:
    """Return the text of tokens, or of the first of very many."""
    data = e.run.tokenizer.decode_bytes(ids[:MOST_READ].tolist())
    return data.decode(errors="replace")
