"""What tokens are called in tables and pictures."""

from octavo.foundation.text import printable
from octavo.tokenizer import Tokenizer

SPACE, LINE_END, TAB = "·", "↵", "⇥"  # noqa: RUF001 (a middle dot is meant)


def token_labels(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    """Return a name for each token that shows all that is in it."""
    return [label(tokenizer.decode_bytes([number])) for number in ids]


def label(token: bytes) -> str:
    r"""Name a token: spaces and line ends as signs, half letters in hex.

    >>> label(b" love"), label(b",\n"), label(b"\xe2\x80")
    ('·love', ',↵', '⟨e2 80⟩')
    """
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return f"⟨{token.hex(' ')}⟩"
    for plain, sign in ((" ", SPACE), ("\n", LINE_END), ("\t", TAB)):
        text = text.replace(plain, sign)
    return printable(text)
