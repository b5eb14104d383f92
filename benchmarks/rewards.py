"""Whether rewards raise the share of right sums, from an early start.

    python benchmarks/rewards.py BASE OUT [--epochs 1]

BASE is a base's run folder. It is taught all sums so often (`OUT/early`),
which should leave it about half right, and then learns from rewards
(`OUT/rewarded`). How often that is depends on the base, and it matters:
from few right answers to most of them it is less than half an epoch.
Writes results/rewards.json: how many of the 500 sums that it never saw were
right before and after, and the share of right ones among the answers that
it gave at each step. What is there already is not run again.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from machine import machine
from octavo.finetuning.chat import load_chatting
from octavo.finetuning.choosing import TuningWish
from octavo.finetuning.examples import (
    build_examples,
    examples_named,
    is_right,
)
from octavo.finetuning.preparing import TunedRun, prepare_tuning
from octavo.finetuning.questions import answers_to, wilson
from octavo.finetuning.tuning import finetune
from octavo.foundation.files import write_json
from octavo.text import load_corpus
from octavo.training import Watcher

RESULT = Path(__file__).parent / "results" / "rewards.json"


def main() -> None:
    """Teach, reward, ask, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=float, default=1.0)
    asked = parser.parse_args()
    early, rewarded = asked.out / "early", asked.out / "rewarded"
    wish = TuningWish(base=asked.base, examples="sums", epochs=asked.epochs)
    teach(wish, early)
    run = teach(
        TuningWish(base=early, examples="sums", reward="sums"), rewarded
    )
    training = run.recipe.training
    found = {
        "command": "python benchmarks/rewards.py BASE OUT "
        f"--epochs {asked.epochs:g}",
        "machine": machine(["octavo", "torch"]),
        "seed": training.seed,
        "learning_rate": training.other_learning_rate,
        "questions_per_step": training.batch_size,
        "before": sums(early),
        "after": sums(rewarded),
        "right": [1 - wrong for wrong in losses(rewarded)],
    }
    write_json(RESULT, found)


def teach(wish: TuningWish, out: Path) -> TunedRun:
    """Return a fine-tuned run, of which what is missing is run."""
    if not out.is_dir():
        prepare_tuning(wish, examples_named(wish.examples), out)
    run = TunedRun.open(out)
    if not run.finished:
        finetune(run)
    return run


def sums(folder: Path) -> dict[str, float | int]:
    """Return how many sums that it never saw a run gets right."""
    model, tokenizer = load_chatting(folder)
    test = build_examples(load_corpus("shakespeare"), seed=0).test
    asked = [question for question in test if question.kind == "sum"]
    said = answers_to(model, tokenizer, asked, Watcher())
    right = sum(map(is_right, asked, said))
    low, high = wilson(right, len(asked))
    return {
        "questions": len(asked),
        "right": right,
        "accuracy": right / len(asked),
        "low": low,
        "high": high,
    }


def losses(folder: Path) -> list[float]:
    """Return a run's recorded loss, step by step."""
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [row["loss"] for row in rows if "loss" in row]


if __name__ == "__main__":
    main()
