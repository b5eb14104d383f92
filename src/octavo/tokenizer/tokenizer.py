"""The tokenizer that everybody uses: text to ids, ids to text."""

import builtins
import unicodedata
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import regex

from octavo.foundation import UserError, check_known
from octavo.tokenizer.cutting import rejoin
from octavo.tokenizer.encoder import Dtype, Encoder, Ids
from octavo.tokenizer.files import read_vocabulary, write_vocabulary
from octavo.tokenizer.patterns import SPELLINGS, check_text, resolve_pattern
from octavo.tokenizer.ranks import from_ranks, to_tiktoken
from octavo.tokenizer.trainer import count_pieces, learn_merges
from octavo.tokenizer.vocabulary import MAX_IDS, Vocabulary

if TYPE_CHECKING:
    import tiktoken

END_OF_TEXT = "<|endoftext|>"
SPECIAL_TOKENS = (END_OF_TEXT, "<|im_start|>", "<|im_end|>")
BYTES = tuple(bytes([byte]) for byte in range(256))
UNUSED = "\ufffd".encode()  # what an id stands for that has no token


class Tokenizer:
    """Byte-level BPE: a vocabulary, and the machines that apply it.

    Made by `train`, `bytes`, `from_ranks` or `load`; it never changes.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._encoder = Encoder(vocabulary)
        self._bytes = [token or UNUSED for token in vocabulary.tokens]
        unused = vocabulary.size - len(self._bytes)
        self._bytes += [UNUSED] * unused
        for name, number in vocabulary.special_tokens.items():
            self._bytes[number] = name.encode()

    def __reduce__(self) -> tuple[type[Self], tuple[Vocabulary]]:
        """Go to other processes as a vocabulary, without what was seen."""
        return type(self), (self.vocabulary,)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int,
        pattern: str = "qwen2",
        special_tokens: Sequence[str] = SPECIAL_TOKENS,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Self:
        """Learn a vocabulary from texts, read once, one after the other.

        `vocab_size` counts the 256 bytes, the merges and the special
        tokens, which come last. When no pair of tokens is left to merge,
        the vocabulary is smaller: see the result's `vocab_size`. Special
        tokens found in the texts are ordinary text. `progress` is told
        (merges made, merges wanted). Raises UserError.
        """
        smallest = len(BYTES) + len(special_tokens)
        if not smallest <= vocab_size <= MAX_IDS:
            raise UserError(
                f"a vocabulary of {vocab_size} is impossible: it needs at "
                f"least {smallest} ids (256 bytes, {len(special_tokens)} "
                f"special tokens) and at most {MAX_IDS}"
            )
        if len(set(special_tokens)) < len(special_tokens):
            raise UserError("a special token is named twice")
        resolved = resolve_pattern(pattern)
        merges = learn_merges(
            count_pieces(texts, resolved), vocab_size - smallest, progress
        )
        pairs = [merge.pair for merge in merges]
        tokens = BYTES + tuple(left + right for left, right in pairs)
        ids = {token: number for number, token in enumerate(tokens)}
        return cls(
            Vocabulary(
                tokens=tokens,
                merges=tuple((ids[a], ids[b]) for a, b in pairs),
                special_tokens={
                    name: len(tokens) + number
                    for number, name in enumerate(special_tokens)
                },
                pattern=resolved,
            )
        )

    @classmethod
    def bytes(cls) -> Self:
        """Return the vocabulary of the 256 bytes: id i is byte i."""
        return cls(
            Vocabulary(
                tokens=BYTES, merges=(), special_tokens={}, pattern=None
            )
        )

    @classmethod
    def from_ranks(
        cls,
        ranks: Mapping[builtins.bytes, int],
        pattern: str | None,
        special_tokens: Mapping[str, int],
    ) -> Self:
        """Return the tokenizer of a table of ranks, as tiktoken has them.

        `pattern` is a name or a regular expression. Raises UserError.
        """
        return cls(from_ranks(ranks, pattern, special_tokens))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a `tokenizer.json`, or a folder with one. Raises UserError.

        If the file asks for the normalizer NFC, text is normalized before
        it is encoded, and `decode` gives the normalized text back.
        """
        return cls(read_vocabulary(Path(path)))

    def save(self, path: Path | str) -> None:
        """Write a `tokenizer.json` that Hugging Face's libraries read."""
        write_vocabulary(Path(path), self.vocabulary)

    def to_tiktoken(self) -> "tiktoken.Encoding":
        """Return a `tiktoken.Encoding` with the same ids, or say why not.

        Raises UserError: tiktoken knows no normalizer and needs ids in the
        order of the merges.
        """
        return to_tiktoken(self.vocabulary)

    @property
    def vocab_size(self) -> int:
        """Return the number of ids, special tokens included."""
        return self.vocabulary.size

    @property
    def special_tokens(self) -> dict[str, int]:
        """Return the special tokens and their ids."""
        return dict(self.vocabulary.special_tokens)

    @property
    def end_of_text(self) -> int | None:
        """Return the id of <|endoftext|>, None if there is none."""
        return self.vocabulary.special_tokens.get(END_OF_TEXT)

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of all that decides an encoding."""
        return self.vocabulary.fingerprint

    @property
    def dtype(self) -> Dtype:
        """Return the type of the arrays that `encode_to_array` returns."""
        return self._encoder.dtype

    def encode(
        self, text: str, allowed_special: Collection[str] = ()
    ) -> list[int]:
        """Return the ids of a text.

        Special tokens written in the text are ordinary characters, unless
        named in `allowed_special`. Raises UserError for half of a
        surrogate pair, and for an unknown special token.
        """
        ids: list[int] = self.encode_to_array(
            text, allowed_special
        ).tolist()
        return ids

    def encode_to_array(
        self, text: str, allowed_special: Collection[str] = ()
    ) -> Ids:
        """Return the ids as an array, uint16 while the vocabulary fits."""
        check_text(text)
        if not allowed_special:
            return self._encode_ordinary(text)
        special = self.vocabulary.special_tokens
        check_known("special token", allowed_special, special)
        longest_first = sorted(allowed_special, key=len, reverse=True)
        names = "|".join(regex.escape(name) for name in longest_first)
        # With its parentheses, the pattern returns what it splits at.
        parts: list[str] = regex.split(f"({names})", text)
        return np.concatenate(
            [
                np.array([special[part]], self._encoder.dtype)
                if number % 2
                else self._encode_ordinary(part)
                for number, part in enumerate(parts)
            ]
        )

    def encode_batch(self, texts: Iterable[str]) -> list[Ids]:
        """Return the ids of each text as an array.

        This is faster than one by one, but threads would not make it so:
        NumPy's steps are too short. More cores want more processes. Special
        tokens in the texts are ordinary characters.
        """
        whole = map(self._normalized, texts)
        return list(self._encoder.encode_batch(whole))

    def encode_stream(self, blocks: Iterable[str]) -> Iterator[Ids]:
        """Yield the ids of a text that comes in blocks, part by part.

        Joined, they are the ids of the joined text; where the blocks end
        makes no difference. With a pattern that Octavo has no name for the
        text is joined first, as nobody knows where it may be cut. Special
        tokens in the text are ordinary characters.
        """
        known = self.vocabulary.pattern in SPELLINGS
        for part in rejoin(blocks) if known else ["".join(blocks)]:
            yield self.encode_to_array(part)

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids; bytes that are no text become U+FFFD."""
        return self.decode_bytes(ids).decode(errors="replace")

    def decode_bytes(self, ids: Iterable[int]) -> builtins.bytes:
        """Return the bytes of ids; unused ids are those of U+FFFD.

        Raises UserError for an id that is not in the vocabulary.
        """
        chosen = [index(number) for number in ids]
        size = self.vocab_size
        if chosen and not (min(chosen) >= 0 and max(chosen) < size):
            wrong = next(i for i in chosen if not 0 <= i < size)
            raise UserError(
                f"id {wrong} is not in the vocabulary, whose ids go from "
                f"0 to {size - 1}: these are another tokenizer's ids"
            )
        return b"".join([self._bytes[number] for number in chosen])

    def _encode_ordinary(self, text: str) -> Ids:
        return self._encoder.encode(self._normalized(text))

    def _normalized(self, text: str) -> str:
        nfc = self.vocabulary.normalizer == "NFC"
        return unicodedata.normalize("NFC", text) if nfc else text
