"""Judging a run on held-out text, beside the n-grams that it must beat."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.evaluation import NgramModel, score_model, score_ngrams
from octavo.foundation import UserError
from octavo.text import Document, load_corpus
from octavo.tokenizer import TokenFile, Tokenizer, write_tokens
from octavo.training.devices import choose_device
from octavo.training.run import Run, load_trained
from octavo.training.watcher import Watcher

ORDERS = range(1, 7)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a model is judged on: a corpus, as tokens of its own."""

    corpus: str
    tokenizer: Tokenizer
    train: TokenFile  # what baselines learn from
    held_out: TokenFile


def evaluate_run(
    folder: Path,
    corpus: str | None = None,
    field: str = "text",
    baselines: bool = False,
    device: str = "cpu",
    watcher: Watcher | None = None,
) -> dict[str, Any]:
    """Score a run or a model folder; return the scores by name.

    Without a corpus, `folder` must be a run, and the text is the one that
    it held out.
    """
    watcher = watcher or Watcher()
    model = load_trained(folder).to(choose_device(device))
    with tempfile.TemporaryDirectory() as room:
        if corpus is None:
            trial = trial_of_run(folder)
        else:
            trial = trial_of_corpus(folder, corpus, field, Path(room))
        ids, known = trial.tokenizer.vocab_size, model.config.vocab_size
        if ids > known:
            raise UserError(
                f"{folder}: the tokenizer has {ids} tokens, the model only "
                f"{known}: they do not belong together"
            )
        score = score_model(
            model,
            trial.held_out,
            trial.tokenizer,
            lambda done, total: watcher.working("judging", done, total),
        )
        result: dict[str, Any] = {
            "run": str(folder),
            "corpus": trial.corpus,
            **score.as_dict(),
        }
        if baselines:
            result["baselines"] = list(score_baselines(trial, watcher))
        del trial  # mapped files cannot be removed on Windows
    return result


def trial_of_run(folder: Path) -> Trial:
    """Return the text that a run held out, as its token file."""
    run = Run.open(folder)
    return Trial(
        corpus=run.recipe.data.corpus,
        tokenizer=run.tokenizer,
        train=run.train,
        held_out=run.held_out,
    )


def trial_of_corpus(
    folder: Path, corpus: str, field: str, room: Path
) -> Trial:
    """Encode a corpus with a model folder's tokenizer, into `room`."""
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    text = load_corpus(corpus, field=field)

    def encoded(name: str, part: tuple[Document, ...]) -> TokenFile:
        pairs = ((document.name, document.text) for document in part)
        return write_tokens(room / name, tokenizer, pairs)

    return Trial(
        corpus=corpus,
        tokenizer=tokenizer,
        train=encoded("train.npy", text.train),
        held_out=encoded("held_out.npy", text.held_out),
    )


def score_baselines(
    trial: Trial, watcher: Watcher
) -> Iterator[dict[str, float | int]]:
    """Yield the score of an n-gram model of each order."""
    watcher.working("counting n-grams", 0, len(ORDERS))
    longest = NgramModel.train(
        trial.train.ids, ORDERS[-1], trial.tokenizer.vocab_size
    )
    for order in ORDERS:
        model = longest.truncated(order)
        score = score_ngrams(model, trial.held_out, trial.tokenizer)
        yield {"order": order, **score.as_dict()}
        watcher.working("counting n-grams", order, len(ORDERS))
