"""The runs that the minutes dial rests on, and the laws through them.

    python benchmarks/dial.py list
    python benchmarks/dial.py run NAME [--corpus-file tinyshakespeare.txt]
    python benchmarks/dial.py add RUN
    python benchmarks/dial.py fit

A run is one cell of the grid: a size and a number of tokens, trained to the
end with the recipe of `octavo train --tokens`. Its record stays in
results/dial/NAME.json; a cell that has one is not run again. `add` records
a finished run folder, from wherever it came. `fit` writes the package's
table.json from all records.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

from machine import machine
from octavo.model import ModelConfig
from octavo.training import SIZES, Metrics, Run, Wish, prepare, train
from octavo.training.dial.law import Cell, Law, fit
from octavo.training.dial.table import (
    block_parameters,
    hardness,
)
from octavo.training.track import curve_of

RESULTS = Path(__file__).parent / "results" / "dial"
TABLE = Path(__file__).parents[1] / "src/octavo/training/dial/table.json"
# Millions of tokens for each size. Bytes are the tokens of "bytes".
GRID = {
    "bpe": {
        "tiny": (0.1, 0.3, 1.0, 2.0),
        "small": (0.1, 0.3, 1.0),
        "medium": (0.1, 0.3),
        "large": (0.1, 0.3),
    },
    "bytes": {
        "tiny": (0.1, 0.3, 1.0, 3.0),
        "small": (0.1, 0.3, 1.0),
        "medium": (0.1, 0.3),
        "large": (0.1,),
    },
}
# Cells that read fewer tokens than this share of their parameters are not
# fitted: they have not begun to use their size, and no minutes would choose
# them. (The track of a run may still be theirs.)
LEAST_READ = 0.05
TEXTS = {"bpe": "shakespeare", "bytes": "tiny-shakespeare"}
TOKENIZERS = {"bpe": "train", "bytes": "bytes"}


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("list", "run", "add", "fit"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("--corpus-file", type=Path)
    asked = parser.parse_args()
    if asked.what == "list":
        print(*names(), sep="\n")
    elif asked.what == "fit":
        write_table()
    elif asked.what == "add":
        record(Run.open(asked.name))
    elif not path_of(asked.name).exists():
        run_cell(asked.name, asked.corpus_file)


def names() -> list[str]:
    """Return all cells, the cheap ones first."""
    cells = [
        (
            millions * SIZES[size][0] * SIZES[size][1] ** 2,
            f"{family}-{size}-{round(millions * 1e6)}",
        )
        for family, sizes in GRID.items()
        for size, budgets in sizes.items()
        for millions in budgets
    ]
    return [name for _, name in sorted(cells)]


def path_of(name: str) -> Path:
    """Return where a cell's record lies."""
    return RESULTS / f"{name}.json"


def run_cell(name: str, corpus_file: Path | None) -> None:
    """Run a cell, and keep what came out."""
    family, size, tokens = name.split("-")
    file = corpus_file if family == "bytes" else None
    wish = Wish(
        corpus=str(file or TEXTS[family]),
        tokenizer=TOKENIZERS[family],
        size=size,
        tokens=int(tokens),
    )
    with tempfile.TemporaryDirectory() as room:
        run = prepare(wish, Path(room) / "run")
        train(run)
        record(run)


def record(run: Run) -> None:
    """Keep what the law and the track need to know of a finished run."""
    text = float(run.train.num_bytes.sum())
    per_token = text / len(run.train.ids)
    to_bits = 1 / math.log(2) / per_token
    metrics = Metrics.read(run.folder)
    losses = [loss for _, loss in metrics.of("loss")]
    training, model = run.recipe.training, run.recipe.model
    ((_, final),) = metrics.of("final")
    content = {
        "family": "bytes" if run.tokenizer.vocab_size <= 256 else "bpe",
        "size": name_of(model),
        "tokens": training.tokens,
        "bits_per_byte": final["bits_per_byte"],
        "parameters": block_parameters(model),
        "read": training.tokens * per_token,
        "text": text,
        "curve": [round(x * to_bits, 4) for x in curve_of(losses)],
        "hardness": hardness(run.train, run.held_out, run.tokenizer),
        "seconds": metrics.of("seconds")[-1][1],
        "vocab_size": model.vocab_size,
        "context": model.context,
        "training": {
            key: x for key, x in vars(training).items() if key != "prompt"
        },
        "machine": machine(["torch", "numpy"]),
    }
    name = "{family}-{size}-{tokens}".format(**content)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path_of(name).write_text(json.dumps(content, indent=1) + "\n")
    print(name, round(content["bits_per_byte"], 4), content["seconds"], "s")


def name_of(model: ModelConfig) -> str:
    """Return a size's name, or its layers and width if it has none."""
    names = {shape[:2]: name for name, shape in SIZES.items()}
    own = f"{model.num_layers}x{model.width}"
    return names.get((model.num_layers, model.width), own)


def write_table() -> None:
    """Fit a law for each family, show it, and write table.json."""
    records = [json.loads(p.read_text()) for p in RESULTS.glob("*.json")]
    records.sort(key=lambda r: (r["parameters"], r["tokens"]))
    families = {
        family: family_of([r for r in records if r["family"] == family])
        for family in GRID
        if any(r["family"] == family for r in records)
    }
    content = {
        "made_by": "benchmarks/dial.py fit",
        "families": families,
    }
    TABLE.write_text(json.dumps(content, indent=1) + "\n")


def family_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a family's part of the table."""
    keys = "parameters", "read", "text", "bits_per_byte"
    law = fit([Cell(**{k: r[k] for k in keys}) for r in fitted(records)])
    show(records, law)
    more = *keys, "size", "tokens", "curve"
    family = records[0]["family"]
    return {
        "text": TEXTS[family],
        "hardness": round(records[0]["hardness"], 4),
        "recorded": sorted({r["machine"]["date"] for r in records}),
        "law": {key: float(f"{x:.5g}") for key, x in vars(law).items()},
        "runs": [{key: r[key] for key in more} for r in records],
    }


def fitted(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records that the law goes through."""
    return [
        r for r in records if r["tokens"] >= LEAST_READ * r["parameters"]
    ]


def show(records: list[dict[str, Any]], law: Law) -> None:
    """Print the law beside the runs."""
    print(records[0]["family"], law)
    for r in records:
        there = law.bits_per_byte(r["parameters"], r["read"], r["text"])
        error = there / r["bits_per_byte"] - 1
        note = "" if r in fitted(records) else "  not fitted"
        print(
            f"{r['size']:8}{r['tokens']:>10,}  {r['bits_per_byte']:.3f}  "
            f"law {there:.3f} ({error:+.1%}){note}"
        )


if __name__ == "__main__":
    main()
