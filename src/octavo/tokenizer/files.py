"""`tokenizer.json`: a vocabulary as Hugging Face's libraries read it.

The file describes a machine of parts: a splitter, the byte alphabet, the
merges. `parsing` reads such files, from whoever they come.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from octavo.foundation import UserError
from octavo.foundation.files import read_json, write_json
from octavo.tokenizer.alphabet import to_characters
from octavo.tokenizer.parsing import check_portable, parse
from octavo.tokenizer.patterns import Splitter
from octavo.tokenizer.vocabulary import Vocabulary

FILE_NAME = "tokenizer.json"
BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": False,
}


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a `tokenizer.json`, or the one in a folder.

    Raises UserError, naming file and key, for a file that is damaged or
    asks for something that Octavo does not do.
    """
    if path.is_dir():
        path /= FILE_NAME
    with no_garbage_collection():
        content = read_json(path)
        try:
            vocabulary = parse(content)
            Splitter(vocabulary.pattern)  # it can be no expression
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
    return vocabulary


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Let a hundred thousand objects arrive without looking at each.

    Python's collector goes through all of them again and again as they
    become more, and finds none to throw away.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> None:
    """Write a vocabulary as `tokenizer.json`, whole or not at all."""
    write_json(path, to_json(vocabulary))


def to_json(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the content of `tokenizer.json` for a vocabulary."""
    special = sorted(
        vocabulary.special_tokens.items(), key=lambda token: token[1]
    )
    normalizer = vocabulary.normalizer
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(name, i) for name, i in special],
        "normalizer": {"type": normalizer} if normalizer else None,
        "pre_tokenizer": _pre_tokenizer(vocabulary.pattern),
        "post_processor": None,
        "decoder": BYTE_LEVEL,
        "model": _model(vocabulary, dict(special)),
    }


def _added_token(name: str, index: int) -> dict[str, Any]:
    return {
        "id": index,
        "content": name,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def _pre_tokenizer(pattern: str | None) -> dict[str, Any]:
    if pattern is None:
        return BYTE_LEVEL
    check_portable(pattern)
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return {"type": "Sequence", "pretokenizers": [split, BYTE_LEVEL]}


def _model(
    vocabulary: Vocabulary, special: dict[str, int]
) -> dict[str, Any]:
    """Return the merges and the ids of all tokens.

    Special tokens stand among them: where these leave ids unused, Hugging
    Face would otherwise number them anew.
    """
    written = {
        index: to_characters(token)
        for token, index in vocabulary.ids.items()
    }
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: i for i, token in written.items()} | special,
        "merges": [
            f"{written[left]} {written[right]}"
            for left, right in vocabulary.merges
        ],
    }
