"""Measures of a vocabulary: how far its tokens reach."""

from collections.abc import Iterable

from octavo.foundation import UserError
from octavo.tokenizer.tokenizer import Tokenizer


def bytes_per_token(tokenizer: Tokenizer, texts: Iterable[str]) -> float:
    """Return the UTF-8 bytes of texts for each of their tokens.

    Raises UserError if the texts hold no character.
    """
    num_bytes = num_tokens = 0
    for text in texts:
        num_bytes += len(text.encode())
        num_tokens += len(tokenizer.encode_to_array(text))
    if num_tokens == 0:
        raise UserError("there is no text to measure the tokenizer on")
    return num_bytes / num_tokens


def longest_tokens(tokenizer: Tokenizer, count: int) -> list[bytes]:
    """Return the longest ordinary tokens, among equals the lowest ids."""
    tokens = [token for token in tokenizer.vocabulary.tokens if token]
    return sorted(tokens, key=len, reverse=True)[:count]
