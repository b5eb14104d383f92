"""Judging a run on held-out text, beside the n-grams that it must beat."""

import tempfile
from pathlib import Path
from typing import Any

from octavo.evaluation import NgramModel, score_model, score_ngrams
from octavo.foundation import UserError
from octavo.text import load_corpus
from octavo.tokenizer import TokenFile, Tokenizer, write_tokens
from octavo.training.run import Run, load_trained
from octavo.training.watcher import Watcher

ORDERS = range(1, 7)


def evaluate_run(
    folder: Path,
    corpus: str | None = None,
    field: str = "text",
    baselines: bool = False,
    watcher: Watcher | None = None,
) -> dict[str, Any]:
    """Score a run or a model folder; return the scores by name.

    Without a corpus, `folder` must be a run, and the text is the one that
    it held out.
    """
    watcher = watcher or Watcher()
    model = load_trained(folder)
    with tempfile.TemporaryDirectory() as room:
        tokenizer, train, held_out = _tokens(
            folder, corpus, field, Path(room)
        )
        score = score_model(
            model,
            held_out,
            tokenizer,
            lambda done, total: watcher.working("judging", done, total),
        )
        result: dict[str, Any] = {
            "run": str(folder),
            "corpus": corpus or Run.open(folder).recipe.data.corpus,
            **score.as_dict(),
        }
        if baselines:
            result["baselines"] = list(
                _baselines(tokenizer, train, held_out, watcher)
            )
        del train, held_out  # mapped files cannot be removed on Windows
    return result


def _tokens(
    folder: Path, corpus: str | None, field: str, room: Path
) -> tuple[Tokenizer, TokenFile, TokenFile]:
    """Return the tokenizer, and both splits as its tokens."""
    if corpus is None:
        run = Run.open(folder)
        return run.tokenizer, run.train, run.held_out
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    text = load_corpus(corpus, field=field)
    if not text.held_out:
        raise UserError(f'the corpus "{corpus}" holds nothing out')
    train, held_out = (
        write_tokens(
            room / f"{name}.npy",
            tokenizer,
            ((document.name, document.text) for document in documents),
        )
        for name, documents in (
            ("train", text.train),
            ("held_out", text.held_out),
        )
    )
    return tokenizer, train, held_out


def _baselines(
    tokenizer: Tokenizer,
    train: TokenFile,
    held_out: TokenFile,
    watcher: Watcher,
) -> list[dict[str, float | int]]:
    """Score an n-gram model of each order."""
    rows: list[dict[str, float | int]] = []
    watcher.working("counting n-grams", 0, len(ORDERS))
    longest = NgramModel.train(train.ids, ORDERS[-1], tokenizer.vocab_size)
    for order in ORDERS:
        score = score_ngrams(longest.truncated(order), held_out, tokenizer)
        rows.append({"order": order, **score.as_dict()})
        watcher.working("counting n-grams", order, len(ORDERS))
    return rows
