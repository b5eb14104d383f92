"""How far a score can be trusted: the losses behind it, window by window.

    python benchmarks/judging.py --corpus-file tinyshakespeare.txt

Trains `recipes/small.toml` with three seeds, some fifteen seconds each, and
writes results/judging.json: on the held-out tenth of tiny-shakespeare, each
model's mean loss in every window of 64 bytes, the loss by the place in the
window, the loss when windows overlap; and that of n-gram models, of which
the last has its windows too.
"""

import argparse
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from machine import machine
from octavo.evaluation import (
    NgramModel,
    batched_windows,
    stretches,
    window_nats,
)
from octavo.foundation.files import write_text
from octavo.model import Transformer
from octavo.training import Recipe, Run, prepare_from_recipe, train
from octavo.training.run import load_trained

HERE = Path(__file__).parent
SEEDS = (1, 2, 3)
ORDERS = range(1, 7)
STRIDES = (64, 32, 16)
NUMBERS = re.compile(r"\[[-\d.,\s]+\]")
Ids = NDArray[np.integer]


def main() -> None:
    """Train, judge, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus-file", default="tiny-shakespeare")
    corpus = parser.parse_args().corpus_file
    with tempfile.TemporaryDirectory() as room:
        runs = [trained(corpus, seed, Path(room)) for seed in SEEDS]
        cut, _ = stretches(runs[0].held_out, runs[0].tokenizer)
        text = np.asarray(cut[0])
        models = [load_trained(run.folder) for run in runs]
        context = models[0].config.context
        losses = [by_window(model, text) for model in models]
        found = {
            "command": "python benchmarks/judging.py",
            "machine": machine(["octavo", "torch", "numpy"]),
            "context": context,
            "tokens": text.size - 1,
            "seeds": [
                {"seed": seed, "nats": total(nats), "windows": means(nats)}
                for seed, nats in zip(SEEDS, losses, strict=True)
            ],
            "by_place": by_place(losses),
            "strides": [
                {"stride": n, "nats": overlapped(models[0], text, n)}
                for n in STRIDES
            ],
            "ngrams": ngrams(np.asarray(runs[0].train.ids), text, context),
        }
    write_text(HERE / "results" / "judging.json", laid_out(found))


def trained(corpus: str, seed: int, room: Path) -> Run:
    """Train the small recipe with a seed; return the run."""
    recipe = Recipe.load(HERE / "recipes" / "small.toml")
    recipe = replace(
        recipe,
        data=replace(recipe.data, corpus=corpus),
        training=replace(recipe.training, seed=seed, threads=1),
    )
    run = prepare_from_recipe(recipe, room / str(seed))
    train(run)
    print(f"seed {seed} has learned", flush=True)
    return run


def by_window(model: Transformer, text: Ids) -> list[NDArray[np.float32]]:
    """Return the losses of each window in turn, the last one shorter."""
    return [
        row
        for batch in batched_windows([text], model.config.context)
        for row in window_nats(model, batch)
    ]


def total(losses: list[NDArray[np.float32]]) -> float:
    """Return the mean loss of all tokens."""
    return round(float(np.concatenate(losses).mean(dtype=np.float64)), 5)


def means(losses: list[NDArray[np.float32]]) -> list[float]:
    """Return the mean loss of each whole window."""
    whole = [row for row in losses if row.size == losses[0].size]
    return [round(float(row.mean()), 3) for row in whole]


def by_place(models: list[list[NDArray[np.float32]]]) -> list[float]:
    """Return the mean loss at each place in a window, of all models."""
    rows = [
        row
        for losses in models
        for row in losses
        if row.size == losses[0].size
    ]
    return [round(float(one), 4) for one in np.mean(rows, axis=0)]


def overlapped(model: Transformer, text: Ids, stride: int) -> float:
    """Return the mean loss, each window begun `stride` after the last.

    Of a window only what no earlier one has scored counts.
    """
    context = model.config.context
    starts = range(0, text.size - context - 1, stride)
    rows = np.stack([text[at : at + context + 1] for at in starts])
    nats = [
        window_nats(model, some.astype(np.int64))
        for some in np.array_split(rows, max(1, len(rows) // 64))
    ]
    scored = np.concatenate(nats)
    counted = [scored[0], scored[1:, -stride:].ravel()]
    return round(float(np.concatenate(counted).mean(dtype=np.float64)), 5)


def ngrams(train_ids: Ids, text: Ids, context: int) -> list[dict[str, Any]]:
    """Return the scores of n-gram models; of the last all windows too."""
    longest = NgramModel.train(train_ids, ORDERS[-1], 256)
    found: list[dict[str, Any]] = []
    for order in ORDERS:
        nats = longest.truncated(order).nats(text)[1:]
        found.append({"order": order, "nats": round(float(nats.mean()), 5)})
    whole = nats[: nats.size // context * context].reshape(-1, context)
    found[-1]["windows"] = [round(float(one), 3) for one in whole.mean(1)]
    return found


def laid_out(found: dict[str, Any]) -> str:
    """Return JSON with a line for each list of numbers."""
    text = json.dumps(found, indent=1)
    return NUMBERS.sub(lambda each: " ".join(each[0].split()), text) + "\n"


if __name__ == "__main__":
    main()
