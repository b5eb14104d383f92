"""A comparison written down: cells for a table, Markdown, JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from octavo.tokenizer.comparison.compare import AWKWARD, Comparison, Row
from octavo.tokenizer.comparison.findings import findings

NOTHING = "–"  # noqa: RUF001 (a dash, as tables have it)
PEERS = ("sentencepiece", "tiktoken", "tokenizers")


def headings(comparison: Comparison) -> list[str]:
    """Return the table's headings; the first column holds names."""
    names = [sample.name for sample in comparison.samples]
    return [
        "tokenizer",
        "ids",
        *(f"bytes per token: {name}" for name in names),
        f"unknown: {names[0]}",
        "unknown: others",
        "given back",
        "learned in",
        "MB/s",
    ]


def cells(comparison: Comparison, row: Row) -> list[str]:
    """Return a row of the table, as people read it."""
    names = [sample.name for sample in comparison.samples]
    if row.missing:
        blank = len(headings(comparison)) - 1
        return [row.name, *[NOTHING] * blank]
    texts = len(names) + len(AWKWARD)
    seconds = row.training_seconds
    return [
        row.name,
        f"{row.vocab_size:,}",
        *(f"{row.bytes_per_token[name]:.2f}" for name in names),
        f"{row.unknown[names[0]]:.1%}",
        f"{others_unknown(row, names[0]):.1%}",
        f"{texts - len(row.lost)} of {texts}" if row.lost else "all",
        NOTHING if seconds is None else f"{seconds:.2f} s",
        f"{row.megabytes_per_second:.1f}",
    ]


def others_unknown(row: Row, held_out: str) -> float:
    """Return the mean share of unknown tokens in all other texts."""
    shares = [
        share for name, share in row.unknown.items() if name != held_out
    ]
    return sum(shares) / len(shares) if shares else 0.0


def notes(comparison: Comparison) -> Iterator[str]:
    """Yield what a reader of the table must know, a line each."""
    for sample in comparison.samples:
        size = sum(len(text.encode()) for text in sample.documents)
        yield f"{sample.name}: {size:,} bytes, {sample.source}"
    for absent in comparison.absent:
        yield f"{absent.name}: {absent.source}"
    yield (
        "unknown: the share of words or pieces that are <unk>; others: the "
        "mean over the other texts. A tokenizer with unknown pieces has "
        "many bytes per token because it has forgotten them"
    )
    yield (
        "given back: of these texts and of awkward strings "
        f"({', '.join(AWKWARD)}), those that decode to what they were"
    )
    yield (
        "learned in: wall seconds for the vocabulary; MB/s: the held-out "
        "text, encoded for the first time, one thread"
    )
    for row in comparison.rows:
        if row.missing:
            yield f"{row.name}: {row.missing}"
    if found := ", ".join(f"{n} {v}" for n, v in versions().items()):
        yield f"versions: {found}"


def versions() -> dict[str, str]:
    """Return the versions of the peers that are installed."""
    found = {}
    for name in PEERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def to_markdown(comparison: Comparison) -> str:
    """Return the table, what it says, and its notes."""
    titles = headings(comparison)
    rule = ["---"] + ["---:"] * (len(titles) - 1)
    rows = [cells(comparison, row) for row in comparison.rows]
    table = [
        "| " + " | ".join(line) + " |" for line in (titles, rule, *rows)
    ]
    said = findings(comparison)
    listed = [f"- {note}" for note in notes(comparison)]
    return "\n".join([*table, "", *said, "", *listed]) + "\n"


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Return everything that was measured, for programs."""
    return {
        "vocab_size": comparison.vocab_size,
        "texts": [
            {
                "name": sample.name,
                "bytes": sum(len(t.encode()) for t in sample.documents),
                "source": sample.source,
            }
            for sample in comparison.samples
        ],
        "rows": [
            asdict(row) | {"lossless": row.lossless}
            for row in comparison.rows
        ],
        "spelling": comparison.spelling and asdict(comparison.spelling),
        "findings": findings(comparison),
        "versions": versions(),
    }
