"""What a comparison says about unknown words, in three sentences.

The numbers fill the sentences in, and choose them: a claim that they do
not bear out is not made, and something else is said in its place.
"""

from collections.abc import Iterator

from octavo.tokenizer.comparison.compare import Comparison, Row
from octavo.tokenizer.comparison.contenders import (
    FALLBACK,
    OCTAVO,
    SENTENCEPIECE,
    WORDS,
)


def findings(comparison: Comparison) -> list[str]:
    """Return three sentences: on words, on BPE, and on its two families."""
    return [
        _on_words(comparison),
        _on_spelling(comparison),
        _on_sentencepiece_and_tiktoken(comparison),
    ]


def _on_words(comparison: Comparison) -> str:
    words = _need(comparison, WORDS)
    here = comparison.samples[0].name
    worst = max(words.unknown, key=lambda name: words.unknown[name])
    if not words.unknown[worst]:
        return (
            f"A list of {words.vocab_size:,} words covers every text here, "
            "so that nothing is unknown: such texts cannot tell words from "
            "BPE."
        )
    elsewhere = (
        f", and of {worst} {_percent(words.unknown[worst])}"
        if worst != here
        else ""
    )
    return (
        f"A list of {words.vocab_size:,} common words does not know "
        f"{_percent(words.unknown[here])} of the words of the {here} text"
        f"{elsewhere}: each becomes <unk>, and what it said is lost."
    )


def _on_spelling(comparison: Comparison) -> str:
    bpe, spelling = _need(comparison, OCTAVO), comparison.spelling
    if spelling is None:
        return "BPE was not asked for a word that the list lacks."
    if bpe.lost or any(bpe.unknown.values()):
        return "Octavo's BPE lost a text here, which must never happen."
    known = spelling.pieces_per_known_word
    unknown = spelling.pieces_per_unknown_word
    pieces = " + ".join(f'"{each}"' for each in spelling.example_pieces)
    cost = (
        f"such a word costs it more, {unknown:.1f} pieces where a word of "
        f"the list takes {known:.1f}"
        if unknown > known
        else f"such a word costs it no more, {unknown:.1f} pieces"
    )
    return (
        f"Octavo's BPE, with as many ids, has no unknown word, because "
        f"every byte is a token and whatever was never seen is spelled in "
        f'smaller pieces ("{spelling.example}" is {pieces}): {cost}, and '
        "every text came back whole."
    )


def _on_sentencepiece_and_tiktoken(comparison: Comparison) -> str:
    plain = comparison.row(SENTENCEPIECE)
    fallback = comparison.row(FALLBACK)
    ready = list(_tiktoken_rows(comparison))
    if not plain or not fallback or not ready:
        return (
            "SentencePiece or tiktoken is not installed, so that nothing "
            "is said of them: pip install 'octavo[compare]'."
        )
    return f"{_on_sentencepiece(plain, fallback)}; {_on_tiktoken(ready)}."


def _on_sentencepiece(plain: Row, fallback: Row) -> str:
    worst = max(plain.unknown, key=lambda name: plain.unknown[name])
    if not plain.unknown[worst]:
        return "SentencePiece, which learns characters, knew all of these"
    start = (
        "SentencePiece learns characters, and as it comes answers those "
        f"that it never saw with <unk> ({_percent(plain.unknown[worst])} "
        f"of its pieces of {worst})"
    )
    if any(fallback.unknown.values()):
        return f"{start}, even where bytes are to stand in for them"
    return f"{start}, unless bytes stand in for them, and then nothing is"


def _on_tiktoken(ready: list[Row]) -> str:
    names = " and ".join(row.name.split()[-1] for row in ready)
    start = f"tiktoken learns nothing, it applies vocabularies ({names})"
    if any(row.lost or any(row.unknown.values()) for row in ready):
        return f"{start}, and did not give back all of these texts"
    return (
        f"{start} that began from bytes, as Octavo does, and so knows "
        "every text and gives it back"
    )


def _tiktoken_rows(comparison: Comparison) -> Iterator[Row]:
    for row in comparison.rows:
        if row.name.startswith("tiktoken ") and not row.missing:
            yield row


def _need(comparison: Comparison, name: str) -> Row:
    row = comparison.row(name)
    assert row is not None  # it needs no package
    return row


def _percent(share: float) -> str:
    """Return a share for people.

    >>> _percent(0.1004), _percent(0.0004)
    ('10.0%', '0.04%')
    """
    return f"{share:.1%}" if share >= 0.001 else f"{share:.2%}"
