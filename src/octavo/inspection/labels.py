"""What tokens are called in tables and pictures."""

from octavo.foundation.text import printable
from octavo.tokenizer import StreamDecoder, Tokenizer

SPACE, LINE_END, TAB = "·", "↵", "⇥"


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


def token_pieces(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    """Return each token's part of the text, for a text of tokens.

    A letter that several tokens share stands whole at the last of them.
    """
    decoder = StreamDecoder(tokenizer)
    pieces = [decoder.feed([number]) for number in ids]
    pieces[-1] += decoder.finish()
    return pieces
