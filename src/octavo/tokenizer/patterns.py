r"""Pre-tokenization: where a text is cut before any bytes are merged.

A pattern says what one pre-token looks like: a word with the space before
it, a number, a row of punctuation, a row of spaces. Merges never cross the
cuts, so " the" can become one token and "the cat" cannot. The patterns are
those of the vocabularies whose names they bear, in the spelling that
Hugging Face's files use.
"""

import re
from itertools import pairwise

import regex

from octavo.foundation import UserError, check_known

WHOLE = r"[\s\S]+"  # a text that is not cut

PATTERNS = {
    # Qwen2's: every digit alone, a word with one sign before it.
    "qwen2": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    # GPT-2's: numbers whole, a word with one space before it.
    "gpt2": (
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
        r"|\s+(?!\S)|\s+"
    ),
    # Llama 3's: like qwen2, with up to three digits together.
    "llama3": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    # GPT-4's: like llama3, and the last row of white space whole.
    "cl100k": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s++$|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
# The same cuts, as tiktoken spells them.
SPELLINGS = {
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++"
    r"|\s++$|\s+(?!\S)|\s": "gpt2",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s": "cl100k",
    **{expression: name for name, expression in PATTERNS.items()},
}


def resolve_pattern(pattern: str | None) -> str | None:
    """Return the regular expression behind a name; others are returned.

    None stays None: it stands for not cutting at all. A lone word that is
    no known name is taken for a slip, and is a UserError.
    """
    if pattern is not None and re.fullmatch(r"\w*", pattern):
        check_known("pre-tokenization pattern", [pattern], PATTERNS)
        return PATTERNS[pattern]
    return pattern


def check_text(text: str) -> None:
    """Raise UserError if a text holds half of a surrogate pair.

    Such a half has no UTF-8 bytes. It comes from text that was decoded
    with "surrogateescape", or cut in the middle of a character.
    """
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise UserError(
            f"character {error.start} of the text is U+{code:04X}, half of "
            "a surrogate pair and no character: decode the text as UTF-8"
        ) from None


class Splitter:
    """Cuts texts into pre-tokens; together they are the text, whole.

    What a pattern does not match is a pre-token of its own. This is the
    truth for `Cutter`, which does the same for known patterns, faster.
    """

    def __init__(self, pattern: str | None) -> None:
        self.pattern = resolve_pattern(pattern)
        try:
            self._compiled = regex.compile(self.pattern or WHOLE)
        except regex.error as error:
            raise UserError(
                f"the pattern {self.pattern!r} is no regular expression: "
                f"{error}"
            ) from error

    def __call__(self, text: str) -> list[str]:
        """Return the pre-tokens of a text, in order."""
        check_text(text)
        spans = (match.span() for match in self._compiled.finditer(text))
        cuts = [0, *(cut for span in spans for cut in span), len(text)]
        return [text[a:b] for a, b in pairwise(cuts) if a < b]
