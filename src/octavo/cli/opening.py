"""What commands open: a tokenizer by its name, and a text."""

import sys

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer
from octavo.tokenizer.published import PUBLISHED, load_published


def open_tokenizer(name: str) -> Tokenizer:
    """Return the tokenizer of a file, of a run folder, or by its name.

    The names are `bytes` and those of published vocabularies; a file or
    folder of such a name is written with its path, as in ./gpt2.
    """
    if name == "bytes":
        return Tokenizer.bytes()
    return (
        load_published(name) if name in PUBLISHED else Tokenizer.load(name)
    )


def read_text(text: str) -> str:
    """Return a text that was given, or standard input's for "-"."""
    return text if text != "-" else as_text(sys.stdin.buffer.read())


def as_text(data: bytes) -> str:
    """Return what standard input gave as text, or raise UserError."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"standard input is no UTF-8 text: byte {error.start} is "
            f"{data[error.start]:#04x}; convert it first"
        ) from None
