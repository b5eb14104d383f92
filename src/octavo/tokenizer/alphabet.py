"""Bytes written as characters, as GPT-2's files do it.

A file of JSON holds characters, tokens are bytes. The 188 bytes that are
printable in Latin-1 are written as themselves; the others, space and the
control codes among them, take the characters from U+0100 on, in order. A
space becomes U+0120. Source: Radford et al. (2019), `bytes_to_unicode`.
"""

from itertools import chain


def _make_alphabet() -> list[str]:
    printable = {
        *chain(range(0x21, 0x7F), range(0xA1, 0xAD), range(0xAE, 0x100))
    }
    others = iter(range(0x100, 0x200))
    return [
        chr(byte if byte in printable else next(others))
        for byte in range(256)
    ]


ALPHABET = _make_alphabet()
BYTE_OF = {character: byte for byte, character in enumerate(ALPHABET)}


def to_characters(token: bytes) -> str:
    r"""Return a token as a file writes it.

    >>> ascii(to_characters(b" the"))
    "'\\u0120the'"
    """
    return "".join(map(ALPHABET.__getitem__, token))


def to_bytes(written: str) -> bytes:
    """Return the token that a file writes so; KeyError for others."""
    return bytes(map(BYTE_OF.__getitem__, written))
