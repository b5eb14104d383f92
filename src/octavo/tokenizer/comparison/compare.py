"""One table: how tokenizers cut the same texts, measured in one run.

Each contender learns from the same texts, and is then asked the same
questions: how many bytes of a text it puts in one token, how much of it is
unknown to it, whether it gives a text back as it was, and how long it
takes.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from octavo.foundation import UserError
from octavo.tokenizer.comparison.contenders import (
    CONTENDERS,
    OCTAVO,
    WORD,
    WORDS,
    Codec,
    Codes,
    Contender,
    Unavailable,
)
from octavo.tokenizer.comparison.samples import Sample

AWKWARD = {
    "spaces": " two  spaces,\ta tab, \r\n line ends\n\n and an end ",
    "look-alikes": "e\u0301 and \u00e9, \ufb01 and fi, \uff21 and A",
    "emoji": "\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
    "controls": "\x00\x07\x1b\x7f\x85\xa0\u200b\ufeff\u202e",
    "others' marks": "\u2581 is a space elsewhere, so is \u0120; </w>",
    "special tokens": "<unk> <s> <0x0A> <|endoftext|>",
    "rare scripts": "\u13cf\u13b3\u13a9 \ua997\ua9ae \U0001202d \U0010ffff",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of one tokenizer; texts go by their samples' names.

    Where `missing` says why it could not take part, there is nothing else.
    """

    name: str
    missing: str = ""
    vocab_size: int = 0
    bytes_per_token: dict[str, float]
    unknown: dict[str, float]  # share of tokens
    lost: tuple[str, ...] = ()  # texts not given back as they were
    training_seconds: float | None = None  # None: learned elsewhere
    megabytes_per_second: float = 0.0

    @property
    def lossless(self) -> bool:
        """Say whether every text came back as it was."""
        return not self.missing and not self.lost


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How BPE cuts words that a list of words has, and those it lacks.

    Pieces are for one word with a space before it, as often as it occurs.
    """

    pieces_per_known_word: float
    pieces_per_unknown_word: float
    example: str  # a frequent unknown word
    example_pieces: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The table, the texts behind it, and how BPE spells unknown words."""

    vocab_size: int
    samples: tuple[Sample, ...]  # the first is the held-out text
    absent: tuple[Sample, ...]  # those that are not installed
    rows: tuple[Row, ...]
    spelling: Spelling | None  # None: no word of the text is unknown

    def row(self, name: str) -> Row | None:
        """Return the row of a contender that took part."""
        found = (r for r in self.rows if r.name == name and not r.missing)
        return next(found, None)


def compare(
    texts: Sequence[str],
    samples: Iterable[Sample],
    vocab_size: int,
    contenders: Sequence[Contender] = CONTENDERS,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Train all contenders on texts, and measure them on the samples.

    Samples with no documents are left out. `progress` is told the name of
    the contender at work. Raises UserError for an impossible size.
    """
    wanted = tuple(samples)
    kept = tuple(sample for sample in wanted if any(sample.documents))
    if not kept or not any(texts):
        raise UserError("there is no text to compare tokenizers on")
    rows: list[Row] = []
    codecs: dict[str, Codec] = {}
    for contender in contenders:
        if progress:
            progress(contender.name)
        started = time.perf_counter()
        try:
            codec = contender.make(texts, vocab_size)
        except Unavailable as error:
            rows.append(_absent(contender, str(error)))
            continue
        seconds = time.perf_counter() - started
        codecs[contender.name] = codec
        trained = None if contender.ready else seconds
        rows.append(_measure(contender.name, codec, kept, trained))
    return Comparison(
        vocab_size=vocab_size,
        samples=kept,
        absent=tuple(sample for sample in wanted if sample not in kept),
        rows=tuple(rows),
        spelling=_spell(codecs[WORDS], codecs[OCTAVO], kept[0]),
    )


def _absent(contender: Contender, why: str) -> Row:
    return Row(
        name=contender.name, missing=why, bytes_per_token={}, unknown={}
    )


def _measure(
    name: str,
    codec: Codec,
    samples: Sequence[Sample],
    training_seconds: float | None,
) -> Row:
    """Measure a codec; the held-out text is the first that it encodes."""
    rates, unknown, speeds = {}, {}, []
    for sample in samples:
        started = time.perf_counter()
        encoded = [codec.encode(text) for text in sample.documents]
        seconds = time.perf_counter() - started
        size = sum(len(text.encode()) for text in sample.documents)
        tokens = sum(map(len, encoded))
        speeds.append(size / 1e6 / seconds)
        rates[sample.name] = size / tokens
        unknown[sample.name] = _count_unknown(codec, encoded) / tokens
    return Row(
        name=name,
        vocab_size=codec.vocab_size,
        bytes_per_token=rates,
        unknown=unknown,
        lost=tuple(
            text_name
            for text_name, text in _texts_to_give_back(samples)
            if codec.decode(codec.encode(text)) != text
        ),
        training_seconds=training_seconds,
        megabytes_per_second=speeds[0],
    )


def _texts_to_give_back(
    samples: Iterable[Sample],
) -> Iterator[tuple[str, str]]:
    """Yield the names and the texts that must come back unchanged."""
    for sample in samples:
        yield sample.name, "\n".join(sample.documents)
    yield from AWKWARD.items()


def _count_unknown(codec: Codec, encoded: list[Codes]) -> int:
    if codec.unknown is None:
        return 0
    return sum(list(ids).count(codec.unknown) for ids in encoded)


def _spell(words: Codec, bpe: Codec, sample: Sample) -> Spelling | None:
    """Count the pieces of known and unknown words in a text."""
    counts: Counter[str] = Counter()
    for text in sample.documents:
        counts.update(word for word in WORD.findall(text) if word.isalpha())
    known, unknown = Counter[str](), Counter[str]()
    for word, times in counts.items():
        is_known = words.encode(word) != [words.unknown]
        (known if is_known else unknown)[word] = times
    if not known or not unknown:
        return None
    common = [word for word, _ in unknown.most_common()]
    telling = (word for word in common if word.islower() and len(word) > 6)
    example = next(telling, common[0])
    return Spelling(
        pieces_per_known_word=_pieces_per_word(bpe, known),
        pieces_per_unknown_word=_pieces_per_word(bpe, unknown),
        example=example,
        example_pieces=tuple(
            bpe.decode([number]) for number in bpe.encode(f" {example}")
        ),
    )


def _pieces_per_word(bpe: Codec, counts: Counter[str]) -> float:
    pieces = sum(
        len(bpe.encode(f" {word}")) * n for word, n in counts.items()
    )
    return pieces / counts.total()
