"""The tokenizers to compare: ways to cut a text, ours among them.

Each is made from the same texts and the same number of ids, or comes
ready. Words and characters are written out here, for they are short; the
peers are asked for only when they are wanted.
"""

import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import chain
from typing import Any

import regex

from octavo.foundation import UserError
from octavo.tokenizer.alphabet import ALPHABET
from octavo.tokenizer.comparison.samples import INSTALL
from octavo.tokenizer.encoder import Ids
from octavo.tokenizer.patterns import PATTERNS
from octavo.tokenizer.published import (
    PUBLISHED,
    TIKTOKEN_PATTERNS,
    load_published,
)
from octavo.tokenizer.tokenizer import SPECIAL_TOKENS, Tokenizer

Codes = Sequence[int] | Ids
UNKNOWN = "<unk>"
WORD = regex.compile(r"\w+|[^\w\s]+")  # white space is dropped


class Unavailable(Exception):  # noqa: N818 (no error of the user's)
    """A contender cannot take part; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """A tokenizer, whoever made it: text to ids and back.

    `unknown` is the id that stands for whatever has none, or None where
    nothing is unknown.
    """

    vocab_size: int
    encode: Callable[[str], Codes]
    decode: Callable[[Codes], str]
    unknown: int | None = None


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A name, and what makes the codec from texts and a number of ids.

    `ready` says that the vocabulary was learned elsewhere. `make` raises
    Unavailable where a package is missing or refuses these texts.
    """

    name: str
    make: Callable[[Sequence[str], int], Codec]
    ready: bool = False


def make_words(texts: Sequence[str], vocab_size: int) -> Codec:
    """Return the most frequent words, all others <unk>.

    A word is a row of letters and digits, or of signs. White space is
    dropped; decoding puts one space between all words.
    """
    counts = Counter(chain.from_iterable(map(WORD.findall, texts)))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return _table(ranked[: vocab_size - 1], WORD.findall, " ")


def make_characters(texts: Sequence[str], _vocab_size: int) -> Codec:
    """Return all characters of the texts, any other is <unk>."""
    return _table(sorted(set().union(*texts)), list, "")


def make_bytes(_texts: Sequence[str], _vocab_size: int) -> Codec:
    """Return the 256 bytes."""
    return _ours(Tokenizer.bytes())


def make_octavo(texts: Sequence[str], vocab_size: int) -> Codec:
    """Return Octavo's byte-level BPE."""
    return _ours(Tokenizer.train(texts, vocab_size))


def make_hugging_face(texts: Sequence[str], vocab_size: int) -> Codec:
    """Return Hugging Face's byte-level BPE, with Octavo's pattern."""
    peer = _require("tokenizers")
    models, splitters = peer.models, peer.pre_tokenizers
    tokenizer = peer.Tokenizer(models.BPE())
    split = splitters.Split(peer.Regex(PATTERNS["qwen2"]), "isolated")
    byte_level = splitters.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    tokenizer.pre_tokenizer = splitters.Sequence([split, byte_level])
    tokenizer.decoder = peer.decoders.ByteLevel()
    trainer = peer.trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=ALPHABET,
        special_tokens=list(SPECIAL_TOKENS),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Codec(
        vocab_size=tokenizer.get_vocab_size(),
        encode=lambda text: tokenizer.encode(text).ids,
        decode=partial(tokenizer.decode, skip_special_tokens=False),
    )


def make_sentencepiece(
    texts: Sequence[str], vocab_size: int, **options: Any
) -> Codec:
    """Return SentencePiece's model, with its own choices or `options`."""
    peer = _require("sentencepiece")
    model = io.BytesIO()
    lines = chain.from_iterable(map(str.splitlines, texts))
    try:
        peer.SentencePieceTrainer.train(
            sentence_iterator=lines,  # it learns no line ends
            model_writer=model,
            vocab_size=vocab_size,
            hard_vocab_limit=False,  # small texts give fewer pieces
            max_sentence_length=1 << 20,  # longer lines are left out
            num_threads=os.cpu_count(),
            minloglevel=2,
            **options,
        )
    except RuntimeError as error:
        raise Unavailable(f"SentencePiece says: {error}") from error
    tokenizer = peer.SentencePieceProcessor(model_proto=model.getvalue())
    return Codec(
        vocab_size=tokenizer.vocab_size(),
        encode=tokenizer.encode,
        decode=lambda ids: str(tokenizer.decode(list(ids))),
        unknown=tokenizer.unk_id(),
    )


def make_tiktoken(
    _texts: Sequence[str], _vocab_size: int, name: str
) -> Codec:
    """Return tiktoken's encoding of a published vocabulary."""
    peer = _require("tiktoken")
    try:
        ours = load_published(name)
    except UserError as error:
        raise Unavailable(INSTALL) from error
    encoding = peer.Encoding(
        name,
        pat_str=TIKTOKEN_PATTERNS[name],
        mergeable_ranks=ours.vocabulary.ids,
        special_tokens=ours.special_tokens,
    )
    return Codec(
        vocab_size=encoding.n_vocab,
        encode=encoding.encode_ordinary,
        decode=encoding.decode,
    )


def _ours(tokenizer: Tokenizer) -> Codec:
    return Codec(
        vocab_size=tokenizer.vocab_size,
        encode=tokenizer.encode_to_array,
        decode=tokenizer.decode,
    )


def _table(
    parts: Iterable[str], cut: Callable[[str], list[str]], between: str
) -> Codec:
    """Return the codec that looks parts of a text up in a list."""
    names = [UNKNOWN, *parts]
    ids = {name: number for number, name in enumerate(names)}
    return Codec(
        vocab_size=len(names),
        encode=lambda text: [ids.get(part, 0) for part in cut(text)],
        decode=lambda numbers: between.join(names[n] for n in numbers),
        unknown=0,
    )


def _require(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise Unavailable(INSTALL) from error


WORDS, OCTAVO = "words", "Octavo BPE"  # what the findings set side by side
SENTENCEPIECE, FALLBACK = "SentencePiece BPE", "SentencePiece + bytes"
LOSSLESS: dict[str, Any] = {  # as Llama's vocabulary was made
    "byte_fallback": True,
    "normalization_rule_name": "identity",
    "remove_extra_whitespaces": False,
}
CONTENDERS = (
    Contender(name=WORDS, make=make_words),
    Contender(name="characters", make=make_characters),
    Contender(name="bytes", make=make_bytes),
    Contender(name=OCTAVO, make=make_octavo),
    Contender(name="Hugging Face BPE", make=make_hugging_face),
    Contender(
        name=SENTENCEPIECE,
        make=partial(make_sentencepiece, model_type="bpe"),
    ),
    Contender(
        name=FALLBACK,
        make=partial(make_sentencepiece, model_type="bpe", **LOSSLESS),
    ),
    Contender(
        name="SentencePiece unigram",
        make=partial(make_sentencepiece, model_type="unigram"),
    ),
    *(
        Contender(
            name=f"tiktoken {name}",
            make=partial(make_tiktoken, name=name),
            ready=True,
        )
        for name in PUBLISHED
    ),
)
