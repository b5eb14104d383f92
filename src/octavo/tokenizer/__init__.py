"""Byte-level byte-pair encoding: from text to ids and back, losing nothing.

Read in this order: `patterns` (where text is cut) and `reference` (the
idea, whole). Then the same, fast: `cutting`, `table`, `pieces`, `trainer`,
`merging`, `encoder`. Then `vocabulary` and `tokenizer` (what everybody else
uses), `files`, `parsing` and `ranks` (how others write it down), `tokens`
(a corpus as one array of ids). Beside them `published`, what others
trained; `viewing`, a text cut before your eyes; and `comparison`.
"""

from octavo.tokenizer.measures import bytes_per_token, longest_tokens
from octavo.tokenizer.patterns import PATTERNS
from octavo.tokenizer.reference import Merge, train_bpe
from octavo.tokenizer.streaming import StreamDecoder, decode_stream
from octavo.tokenizer.tokenizer import SPECIAL_TOKENS, Tokenizer
from octavo.tokenizer.tokens import TokenFile, read_tokens, write_tokens
from octavo.tokenizer.vocabulary import Vocabulary

__all__ = [
    "PATTERNS",
    "SPECIAL_TOKENS",
    "Merge",
    "StreamDecoder",
    "TokenFile",
    "Tokenizer",
    "Vocabulary",
    "bytes_per_token",
    "decode_stream",
    "longest_tokens",
    "read_tokens",
    "train_bpe",
    "write_tokens",
]
