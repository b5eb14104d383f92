"""How fast Octavo learns, beside nanoGPT on the same machine.

    python benchmarks/training.py small --nanogpt FOLDER --corpus-file FILE
    python benchmarks/training.py record RUN NAME

`small` times whole commands, imports and all, in turn: nanoGPT's own for a
processor without a GPU (its README's, in FOLDER, which has prepared
shakespeare_char), and `octavo train --recipe recipes/small.toml`, in the
precision that is faster here, for three seeds. Octavo's score is that of
its last weights on the whole validation split, in windows of 64.
`record` keeps the small files of a finished run in results/runs/NAME:
recipe, record, samples, curve.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import commit, machine, versions
from octavo.foundation.files import write_json, write_text
from octavo.training import Recipe

HERE = Path(__file__).parent
RESULTS = HERE / "results"
SEEDS = (1, 2, 3)
TARGET = 1.8857  # nats per character: what nanoGPT's command reports
KEPT = ("recipe.toml", "metrics.jsonl", "samples.md", "loss.png")
NANOGPT = (
    "train.py config/train_shakespeare_char.py --device=cpu "
    "--compile=False --eval_iters=20 --log_interval=1 --block_size=64 "
    "--batch_size=12 --n_layer=4 --n_head=4 --n_embd=128 --max_iters=2000 "
    "--lr_decay_iters=2000 --dropout=0.0"
)
PAGE = """\
# The small record

`{command}`, {date}, commit {commit}

{cpu}, {cores} cores; {system}; Python {python}; {versions}; nanoGPT
{nanogpt}. Tiny-shakespeare by characters, context 64. Whole commands, in
turn.

| seed | nanoGPT, s | Octavo, s | ratio | Octavo's nats a character |
|---|---|---|---|---|
{rows}

Median ratio {ratio}. nanoGPT's command ends at 1.8857 by its own estimate
(one seed; it has its own).
"""


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("small", "record"))
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--nanogpt", type=Path)
    parser.add_argument("--corpus-file", default="tiny-shakespeare")
    asked = parser.parse_args()
    if asked.what == "small":
        small(asked.nanogpt.resolve(), asked.corpus_file)
    else:
        record(asked.run, asked.name)


def small(nanogpt: Path, corpus: str) -> None:
    """Take turns for each seed; write the table."""
    rows = []
    for seed in SEEDS:
        peer = timed([sys.executable, *NANOGPT.split()], nanogpt)
        ours, nats = octavo(seed, corpus)
        rows.append({"seed": seed, "nanogpt": peer, "octavo": ours} | nats)
        print(rows[-1], flush=True)
    content = {
        "command": "python benchmarks/training.py small",
        "machine": machine(["octavo", "torch", "numpy"]),
        "nanogpt": commit(nanogpt),
        "target": TARGET,
        "rows": rows,
    }
    write_json(RESULTS / "small.json", content)
    write_text(RESULTS / "small.md", page(content))
    print(page(content))


def octavo(seed: int, corpus: str) -> tuple[float, dict[str, float]]:
    """Return the seconds of a whole run, and its score."""
    with tempfile.TemporaryDirectory() as room:
        out = Path(room) / "run"
        command = [
            *(sys.executable, "-m", "octavo.cli", "train", "--json"),
            *("--recipe", str(HERE / "recipes" / "small.toml")),
            *("--set", f"data.corpus={json.dumps(corpus)}"),
            *("--set", f"training.seed={seed}", "--precision", "auto"),
            *("--out", str(out)),
        ]
        seconds = timed(command, Path.cwd())
        lines = (out / "metrics.jsonl").read_text("utf-8").splitlines()
    final = json.loads(lines[-1])["final"]
    return seconds, {"nats_per_token": final["nats_per_token"]}


def timed(command: list[str], folder: Path) -> float:
    """Return the seconds that a command takes, from start to exit."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return round(time.perf_counter() - began, 2)


def page(content: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    known = dict(content["machine"])
    known["versions"] = versions(known)
    ratios = [row["nanogpt"] / row["octavo"] for row in content["rows"]]
    rows = "\n".join(
        f"| {row['seed']} | {row['nanogpt']} | {row['octavo']} | "
        f"{ratio:.2f} | {row['nats_per_token']:.4f} |"
        for row, ratio in zip(content["rows"], ratios, strict=True)
    )
    return PAGE.format(
        **known,
        command=content["command"],
        nanogpt=content["nanogpt"],
        rows=rows,
        ratio=f"{statistics.median(ratios):.2f}",
    )


def record(run: Path, name: str) -> None:
    """Keep a finished run's small files, and its score."""
    folder = RESULTS / "runs" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in KEPT:
        shutil.copy(run / file, folder / file)
    # Where the text lay on this machine is nobody's business.
    recipe = Recipe.load(run / "recipe.toml")
    if Path(recipe.data.corpus).exists():
        data = replace(recipe.data, corpus=Path(recipe.data.corpus).name)
        replace(recipe, data=data).save(folder / "recipe.toml")
    print(folder)


if __name__ == "__main__":
    main()
