"""Ranks: a vocabulary written as tiktoken writes it, token to number.

A table of ranks lists no merges. Two tokens merge if their bytes together
are a token, the lowest rank first; so every way of cutting a token in two
tokens before it is one of its merges.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from octavo.foundation import UserError
from octavo.tokenizer.encoder import Encoder
from octavo.tokenizer.patterns import WHOLE, resolve_pattern
from octavo.tokenizer.vocabulary import MAX_IDS, Pair, Vocabulary

if TYPE_CHECKING:
    import tiktoken


def from_ranks(
    ranks: Mapping[bytes, int],
    pattern: str | None,
    special_tokens: Mapping[str, int],
) -> Vocabulary:
    """Return the vocabulary behind a table of ranks; ranks become ids.

    Raises UserError for ranks that merges cannot explain: tiktoken finds
    such tokens when they are a whole pre-token, and only then.
    """
    highest = max(ranks.values(), default=-1)
    tokens: list[bytes | None] = [None] * min(highest + 1, MAX_IDS)
    for token, rank in ranks.items():
        if not 0 <= rank < MAX_IDS or tokens[rank] is not None:
            raise UserError(
                f"rank {rank} of {token!r} is out of range or taken"
            )
        tokens[rank] = token
    vocabulary = Vocabulary(
        tokens=tuple(tokens),
        merges=tuple(
            merge
            for token in tokens
            if token is not None
            for merge in sorted(_cuts(token, ranks))
        ),
        special_tokens=dict(special_tokens),
        pattern=resolve_pattern(pattern),
    )
    _check_reachable(vocabulary)
    return vocabulary


def to_tiktoken(vocabulary: Vocabulary) -> "tiktoken.Encoding":
    """Return a `tiktoken.Encoding` that gives the same ids.

    Raises UserError where tiktoken's rules cannot say the same. With a
    pattern of the user's own, tiktoken drops what the pattern does not
    match, and Octavo keeps it.
    """
    try:
        import tiktoken  # noqa: PLC0415 (no dependency of Octavo's)
    except ImportError as error:
        raise UserError("install tiktoken to make its encoding") from error
    if vocabulary.normalizer:
        raise UserError(
            f"tiktoken does not normalize text to {vocabulary.normalizer}"
        )
    for number, (one, two) in enumerate(pairwise(vocabulary.made)):
        if one > two:
            raise UserError(
                f"tiktoken needs ids in the order of merges: merge "
                f"{number} makes id {one}, the next one id {two}"
            )
    _check_reachable(vocabulary)
    return tiktoken.Encoding(
        f"octavo-{vocabulary.fingerprint[:12]}",
        pat_str=vocabulary.pattern or WHOLE,
        mergeable_ranks=dict(vocabulary.ids),
        special_tokens=dict(vocabulary.special_tokens),
    )


def _cuts(token: bytes, ranks: Mapping[bytes, int]) -> Iterator[Pair]:
    """Yield the pairs of earlier tokens that a token is made of."""
    rank = ranks[token]
    for cut in range(1, len(token)):
        parts = token[:cut], token[cut:]
        pair = ranks.get(parts[0]), ranks.get(parts[1])
        if pair[0] is None or pair[1] is None:
            continue
        if all(len(part) == 1 or ranks[part] < rank for part in parts):
            yield pair[0], pair[1]


def _check_reachable(vocabulary: Vocabulary) -> None:
    """Raise UserError for a token that its own bytes do not encode to."""
    tokens, indices = list(vocabulary.ids), list(vocabulary.ids.values())
    data = np.frombuffer(b"".join(tokens), np.uint8)
    lengths = np.array([len(token) for token in tokens])
    ids, sizes = Encoder(vocabulary).merge(data, lengths)
    starts = np.cumsum(sizes) - sizes
    wrong = np.flatnonzero((sizes > 1) | (ids[starts] != indices))
    if len(wrong):
        token, index = tokens[wrong[0]], indices[wrong[0]]
        raise UserError(
            f"token {token!r} (id {index}) cannot be made by merges of "
            "the tokens before it"
        )
