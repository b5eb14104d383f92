"""What the techniques that save memory save, and what they cost in time.

    python benchmarks/memory.py [--rows N ...]

A row is a model, a vocabulary and some techniques, in a process of its own,
which does what a run does: steps of 8 windows of 256 tokens (random ones),
a checkpoint, and a look at held-out text. Its peak is the most memory that
the process had at once, libraries included. Writes results/memory.json,
memory.png and memory.md once all rows are done; with --rows it only prints.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import machine, versions
from octavo.foundation.drawing import BLUE, GOLD, drawing
from octavo.foundation.files import write_json, write_text

if TYPE_CHECKING:
    from torch import Tensor

    from octavo.training.checkpoints import State

RESULTS = Path(__file__).parent / "results"
BATCH, CONTEXT = 8, 256
JUDGED = 16  # windows
THREADS = 2
MIB = 2**20
MODELS = {"10M": ("large", 4), "100M": ("huge", 3)}  # shape, steps
CHUNK = {"loss_chunk": 256}
TWICE = {"checkpoint_activations": True}
PARTS = {"accumulate": 4}
Row = dict[str, Any]
TEXT = """\
# Memory, technique by technique

`{command}`, {date}, commit {commit}

{cpu}, {cores} cores, {threads} threads; {system}; Python {python};
{versions}. Steps of 8 windows of 256 tokens, then a checkpoint and 4,096
tokens judged. Peak: the most memory that the process had at once; step: the
median, without the first. Predicted: what `octavo plan` says.

| row | model | vocabulary | techniques | peak, MiB | / plain | predicted, MiB | step, s | / plain |
|---|---|---|---|---|---|---|---|---|
{rows}

![](memory.png)
"""  # noqa: E501 - a row of a table is one line


def main() -> None:
    """Measure all rows, or those asked for; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", metavar="N")
    parser.add_argument("--work", type=json.loads, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work)
        return
    rows = {row["row"]: row for row in all_rows()}
    numbers = asked.rows or list(rows)
    if unknown := set(numbers) - set(rows):
        parser.error(f"rows are 1 to {len(rows)}, not {min(unknown)}")
    content = {
        "command": "python benchmarks/memory.py",
        "machine": machine(("octavo", "torch")),
        "threads": THREADS,
        "rows": [measure(rows[n], len(rows)) for n in sorted(numbers)],
    }
    if not asked.rows:
        write_json(RESULTS / "memory.json", content)
        draw(content["rows"], RESULTS / "memory.png")
        write_text(RESULTS / "memory.md", page(content))
    print(page(content))


def all_rows() -> list[Row]:
    """Return what to measure, numbered; each model's last has all."""
    from octavo.training.memory.precision import has_fast_bfloat16

    saved = {"precision": "bfloat16-saved"}
    fast = {"precision": "bfloat16"} if has_fast_bfloat16() else {}
    half = fast or saved
    halves = [saved, fast] if fast else [saved]
    all_for_bytes = half | TWICE | PARTS
    cases: dict[tuple[str, int], list[Row]] = {
        ("10M", 256): [{}, PARTS, TWICE, *halves, all_for_bytes],
        ("10M", 50_000): [{}, CHUNK, CHUNK | half, CHUNK | all_for_bytes],
        ("100M", 256): [{}, TWICE, half, all_for_bytes],
        ("100M", 50_000): [{}, CHUNK, CHUNK | half, CHUNK | all_for_bytes],
    }
    flat = [
        {"model": model, "vocab_size": vocab_size, "techniques": techniques}
        for (model, vocab_size), several in cases.items()
        for techniques in several
    ]
    return [{"row": number} | row for number, row in enumerate(flat, 1)]


def measure(row: Row, count: int) -> Row:
    """Return a row with what a process of its own found."""
    command = [sys.executable, __file__, "--work", json.dumps(row)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    row |= json.loads(found.stdout)
    print(
        f"{row['row']} of {count}: {row['model']}, {row['vocab_size']:,} "
        f"ids, {label(row)}: {row['peak'] // MIB:,} MiB, {row['step']} s",
        flush=True,
    )
    return row


def work(row: Row) -> None:
    """Do what a run does, on random ids; print what it took."""
    import octavo.cli.train  # noqa: F401 - to have loaded what a run has
    from octavo.evaluation import window_nats
    from octavo.foundation.machine import peak_memory
    from octavo.training import DataRecipe, Recipe, TrainingRecipe
    from octavo.training.checkpoints import save_checkpoint
    from octavo.training.dial.sizes import model_of
    from octavo.training.memory.prediction import predict_memory
    from octavo.training.steps import begin

    size, steps = MODELS[row["model"]]
    recipe = Recipe(
        data=DataRecipe(corpus="random"),
        model=model_of(size, row["vocab_size"], CONTEXT),
        training=TrainingRecipe(
            tokens=1, batch_size=BATCH, threads=THREADS, **row["techniques"]
        ),
    )
    state = begin(recipe)
    seconds = time_steps(state, steps)
    with tempfile.TemporaryDirectory() as room:
        save_checkpoint(state, Path(room))
    window_nats(state.model, random_ids(state, JUDGED).numpy())
    found = {
        "peak": peak_memory(),
        "predicted": predict_memory(recipe),
        "step": round(statistics.median(seconds[1:]), 2),
    }
    print(json.dumps(found))


def time_steps(state: "State", steps: int) -> list[float]:
    """Take steps; return the seconds of each."""
    import torch

    from octavo.training.steps import take_step

    torch.set_num_threads(THREADS)
    seconds = []
    for _ in range(steps):
        ids = random_ids(state, BATCH)
        began = time.perf_counter()
        take_step(state, 1.0, ids[:, :-1], ids[:, 1:])
        seconds.append(time.perf_counter() - began)
    return seconds


def random_ids(state: "State", windows: int) -> "Tensor":
    """Return random windows of ids, each with the one that follows it."""
    import torch

    vocab_size = state.model.config.vocab_size
    return torch.randint(vocab_size, (windows, CONTEXT + 1))


def label(row: Row) -> str:
    """Return a row's techniques in words."""
    named = (f"{name} {value}" for name, value in row["techniques"].items())
    short = (
        words.removeprefix("precision ").removesuffix(" True")
        for words in named
    )
    return ", ".join(short) or "plain"


def models(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows of each model, by its name and vocabulary."""
    named = groupby(
        rows, lambda row: f"{row['model']}, {row['vocab_size']:,} ids"
    )
    return [(name, list(several)) for name, several in named]


def page(content: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    facts = content["machine"]
    lines = [
        table_line(row, several[0])
        for _, several in models(content["rows"])
        for row in several
    ]
    cells = {"versions": versions(facts), "rows": "\n".join(lines)}
    return TEXT.format_map(facts | content | cells)


def table_line(row: Row, plain: Row) -> str:
    """Return a row beside the plain one of its model, if that is there."""
    known = not plain["techniques"]

    def ratio(name: str) -> str:
        return f"{row[name] / plain[name]:.2f}" if known else "-"

    return (
        f"| {row['row']} | {row['model']} | {row['vocab_size']:,} | "
        f"{label(row)} | {row['peak'] // MIB:,} | {ratio('peak')} | "
        f"{row['predicted'] // MIB:,} | {row['step']:.2f} | "
        f"{ratio('step')} |"
    )


def draw(rows: list[Row], path: Path) -> None:
    """Draw each model's peaks as bars, and what was predicted."""
    with drawing(path, 10.0, 7.0) as figure:
        places = figure.subplots(2, 2).flat
        for axes, (name, several) in zip(places, models(rows), strict=True):
            names = [label(row).replace(", ", "\n") for row in several]
            peaks = [row["peak"] / MIB for row in several]
            expected = [row["predicted"] / MIB for row in several]
            axes.barh(range(len(names)), peaks, color=BLUE, height=0.6)
            axes.plot(
                expected, range(len(names)), "|", color=GOLD, ms=14, mew=2
            )
            axes.set_yticks(range(len(names)), names, fontsize=8)
            axes.invert_yaxis()
            axes.set_title(name, fontsize=11)
        figure.supxlabel("MiB at the peak (gold: predicted)")


if __name__ == "__main__":
    main()
