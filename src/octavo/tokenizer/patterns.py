r"""Pre-tokenization: where a text is cut before any bytes are merged.

A pattern says what one pre-token looks like: a word with the space before
it, a number, a row of punctuation, a row of spaces. Merges never cross the
cuts, so " the" can become one token and "the cat" cannot. The patterns are
those of the vocabularies whose names they bear, in the spelling that
Hugging Face's files use.
"""

import re
from collections.abc import Callable
from itertools import pairwise

import regex

from octavo.foundation import UserError, check_known

Cut = Callable[[str], list[str]]

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
    # GPT-4's: like qwen2, with up to three digits together and the last
    # row of spaces whole.
    "cl100k": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s++$|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
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

    What a pattern does not match is a pre-token of its own. ASCII text
    takes a way of its own, about twice as fast, through the same pattern
    spelled for the standard library.
    """

    def __init__(self, pattern: str | None) -> None:
        self.pattern = resolve_pattern(pattern)
        self._ascii: Cut = self._pieces
        if self.pattern is None:
            return
        try:
            self._compiled = regex.compile(self.pattern)
        except regex.error as error:
            raise UserError(
                f"the pattern {self.pattern!r} is no regular expression: "
                f"{error}"
            ) from error
        if self.pattern in PATTERNS.values():
            ascii_pattern = _spell_for_ascii(self.pattern)
            self._ascii = re.compile(ascii_pattern, re.ASCII).findall

    def __call__(self, text: str) -> list[str]:
        """Return the pre-tokens of a text, in order."""
        check_text(text)
        return self._ascii(text) if text.isascii() else self._pieces(text)

    def _pieces(self, text: str) -> list[str]:
        if self.pattern is None:
            return [text] if text else []
        if self.pattern in PATTERNS.values():  # these match every character
            found: list[str] = self._compiled.findall(text)
            return found
        return self._matches_and_gaps(text)

    def _matches_and_gaps(self, text: str) -> list[str]:
        spans = (match.span() for match in self._compiled.finditer(text))
        cuts = [0, *(cut for span in spans for cut in span), len(text)]
        return [text[a:b] for a, b in pairwise(cuts) if a < b]


def _spell_for_ascii(pattern: str) -> str:
    r"""Return a pattern with \p{L} and \p{N} spelled out for ASCII.

    >>> _spell_for_ascii(r" ?[^\s\p{L}]+|\p{N}")
    ' ?[^\\s' + 'A-Za-z]+|[0-9]'
    """

    def spell_inside(brackets: re.Match[str]) -> str:
        inside = brackets[0].replace(r"\p{L}", "A-Za-z")
        return inside.replace(r"\p{N}", "0-9")

    outside = re.sub(r"\[[^]]*\]", spell_inside, pattern)
    outside = outside.replace(r"\p{L}", "[A-Za-z]")
    return outside.replace(r"\p{N}", "[0-9]")
