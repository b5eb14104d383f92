"""What the tokenizer's commands open: a tokenizer by name, a text."""

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
    if text != "-":
        return text
    data = sys.stdin.buffer.read()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"standard input is no UTF-8 text: byte {error.start} is "
            f"{data[error.start]:#04x}; convert it first"
        ) from None
