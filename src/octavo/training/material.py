"""The material of a run: its text, its tokenizer and its tokens."""

import time
from dataclasses import dataclass
from pathlib import Path

from octavo.text import CATALOGUE, Corpus, load_corpus
from octavo.text.fetching import is_cached
from octavo.tokenizer import TokenFile, Tokenizer, write_tokens
from octavo.training.recipe import DataRecipe
from octavo.training.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Material:
    """A text, what cuts it into tokens, and the tokens of its two parts.

    The tokens are mapped files: on Windows their folder cannot be renamed
    while somebody holds the material.
    """

    corpus: Corpus
    tokenizer: Tokenizer
    train: TokenFile
    held_out: TokenFile


def read_corpus(name: str, field: str, watcher: Watcher) -> Corpus:
    """Load the corpus, and say what it is."""
    known = CATALOGUE.get(name)
    fetched = known is None or is_cached(known.download)
    verb = "Reading" if fetched else "Fetching"
    watcher.noted(f"{verb} the corpus {name} ...")
    corpus = load_corpus(name, field=field)
    for part, documents in (
        ("to train on", corpus.train),
        ("held out, to measure with", corpus.held_out),
    ):
        size = sum(len(d.text.encode()) for d in documents) / 1e6
        what = ", ".join(d.name for d in documents[:3])
        more = ", ..." if len(documents) > 3 else ""
        count = f"{len(documents)} document{'s' * (len(documents) > 1)}"
        watcher.noted(f"  {size:.2f} MB in {count} {part} ({what}{more})")
    for note in corpus.notes:
        if note.startswith(("left out of training", "beware")):
            watcher.noted(f"  {note}")
    return corpus


def vocab_size_for(corpus: Corpus) -> int:
    """Return a vocabulary's size for a text: a token for each kilobyte.

    Of a rarer token the model would see too little to learn it. At least
    512, at most 4,096.
    """
    num_bytes = sum(len(d.text.encode()) for d in corpus.train)
    return min(4096, max(512, num_bytes // 1000))


def opening(corpus: Corpus) -> str:
    """Return the held-out text's first line, to prompt samples with."""
    lines = corpus.held_out[0].text.strip().splitlines() or [""]
    return lines[0][:60] + "\n"


def make_tokenizer(
    data: DataRecipe, corpus: Corpus, watcher: Watcher
) -> Tokenizer:
    """Train, load or make the tokenizer that the recipe names."""
    if data.tokenizer == "bytes":
        return Tokenizer.bytes()
    if data.tokenizer != "train":
        return Tokenizer.load(data.tokenizer)
    began = time.monotonic()
    tokenizer = Tokenizer.train(
        (document.text for document in corpus.train),
        data.vocab_size,
        progress=lambda done, total: watcher.working(
            "learning a vocabulary", done, total
        ),
    )
    seconds = time.monotonic() - began
    watcher.noted(
        f"Learned a vocabulary of {tokenizer.vocab_size:,} tokens in "
        f"{seconds:.1f} s"
    )
    return tokenizer


def write_material(
    folder: Path, corpus: Corpus, tokenizer: Tokenizer, watcher: Watcher
) -> Material:
    """Write both parts of a text as token files into a run's folder."""

    def written(name: str, what: str) -> TokenFile:
        pairs = ((d.name, d.text) for d in getattr(corpus, name))
        path = folder / "tokens" / f"{name}.npy"
        tokens = write_tokens(path, tokenizer, pairs)
        watcher.noted(f"{len(tokens.ids):,} tokens {what}")
        return tokens

    return Material(
        corpus=corpus,
        tokenizer=tokenizer,
        train=written("train", "to train on"),
        held_out=written("held_out", "held out"),
    )
