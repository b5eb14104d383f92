"""What share of the machine's peak a training step reaches.

    python benchmarks/efficiency.py --nanogpt FOLDER

The peak is that of matrix products, the fastest of some sizes. A step is
loss, gradients, their norm, and the optimizers, on the same random tokens
for Octavo and for nanoGPT's model (FOLDER/model.py, its own AdamW and
clipping) of the same layers, width, heads, context and batch, in turn. Both
in float32, which nanoGPT takes on a CPU, and in bfloat16 where Octavo finds
that to be faster. `racing.Shape.operations` says which operations count.

Then where a step of Octavo's goes (spending.py). Writes
results/efficiency.json, .png and .md. `--shapes 1M` measures only those,
and prints without writing.
"""

import argparse
import statistics
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from machine import commit, machine, versions
from octavo.foundation.drawing import BLUE, GOLD, drawing
from octavo.foundation.files import write_json, write_text
from octavo.foundation.machine import total_memory, usable_cores
from octavo.training.memory.precision import has_fast_bfloat16
from octavo.training.memory.prediction import predict_memory
from octavo.training.steps import begin
from racing import SHAPES, VOCAB_SIZE, Racer, Shape, nano_gpts, octavo, race
from spending import spending, spending_table

RESULTS = Path(__file__).parent / "results"
SIZES = (512, 1024, 2048, 4096)  # of the products that are timed
OURS = "Octavo"
TEXT = """\
# The share of the peak

`{command}`, {date}, commit {commit}

{cpu}, {cores} cores, {threads} threads; {system}; Python {python};
{versions}; nanoGPT {nanogpt}. Products reach {peaks}. Steps are medians.
{shapes}.

| shape | whose | precision | step, ms | tokens/s | / nanoGPT, float32 | GFLOP/s | share of the peak |
|---|---|---|---|---|---|---|---|
{rows}

![](efficiency.png)

## Where a step of Octavo's goes

In {precision}. The profiler itself takes time, most of it where operations
are short. In a small model's block by hand, attention and rotation count as
products and passes. At the peak, the products of a step that count would take
{ideal}.

{spent}
"""  # noqa: E501 - a row of a table is one line
Row = dict[str, Any]


def main() -> None:
    """Measure all shapes, or those asked for; print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nanogpt", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    kinds = ["bfloat16"] * has_fast_bfloat16() + ["float32"]
    peaks = {kind: peak(kind) for kind in kinds}
    shapes = [SHAPES[name] for name in asked.shapes or SHAPES]
    content = {
        "command": "python benchmarks/efficiency.py",
        "machine": machine(("octavo", "torch")),
        "nanogpt": commit(asked.nanogpt),
        "threads": asked.threads,
        "peaks": peaks,
        "shapes": [measure(s, kinds, asked) for s in shapes if fits(s)],
    }
    if not asked.shapes:
        write_json(RESULTS / "efficiency.json", content)
        draw(content, RESULTS / "efficiency.png")
        write_text(RESULTS / "efficiency.md", page(content))
    print(page(content))


def peak(kind: str, seconds: float = 1.0) -> float:
    """Return the operations per second of the fastest square products."""
    best = 0.0
    for size in SIZES:
        x, y = torch.randn(2, size, size).to(getattr(torch, kind))
        functional.linear(x, y)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            start = time.perf_counter()
            functional.linear(x, y)
            best = max(best, 2 * size**3 / (time.perf_counter() - start))
    return best


def fits(shape: Shape) -> bool:
    """Say whether all models of a shape fit into memory at once."""
    needed = 2 * predict_memory(shape.recipe("float32", 1))
    enough = (total_memory() or needed) >= needed
    if not enough:
        print(f"{shape.name} is left out: it needs {needed / 1e9:.0f} GB")
    return enough


def measure(
    shape: Shape, kinds: list[str], asked: argparse.Namespace
) -> Row:
    """Return what steps of a shape took, and where Octavo's time went."""
    states = [begin(shape.recipe(kind, asked.threads)) for kind in kinds]
    racers = [octavo(shape, state) for state in states]
    racers += nano_gpts(shape, asked.nanogpt, kinds)
    ids = torch.randint(VOCAB_SIZE, (shape.batch, shape.context + 1))
    batch = ids[:, :-1], ids[:, 1:].contiguous()
    times = race(racers, batch, asked.seconds)
    rows = [
        row_of(racer, own, shape)
        for racer, own in zip(racers, times, strict=True)
    ]
    spent = spending(states[0], *batch)
    return asdict(shape) | {"is": str(shape), "rows": rows, "spent": spent}


def row_of(racer: Racer, times: list[float], shape: Shape) -> Row:
    """Return a racer's numbers, and print them."""
    seconds = statistics.median(times)
    row = {
        "whose": racer.whose,
        "precision": racer.precision,
        "steps": len(times),
        "seconds": seconds,
        "tokens_per_second": shape.tokens / seconds,
        "operations": racer.operations,
    }
    print(shape.name, row, flush=True)
    return row


def share(row: Row, peaks: dict[str, float]) -> float:
    """Return the share of its precision's peak that a row reaches."""
    reached: float = row["operations"] / row["seconds"]
    return reached / peaks[row["precision"]]


def page(content: Row) -> str:
    """Return the results as Markdown."""
    facts, peaks = content["machine"], content["peaks"]
    shapes, first = content["shapes"], next(iter(peaks))
    ideal = {
        s["name"]: s["rows"][0]["operations"] / peaks[first] for s in shapes
    }
    cells = {
        "versions": versions(facts),
        "peaks": ", ".join(
            f"{speed / 1e9:,.0f} GFLOP/s in {kind}"
            for kind, speed in peaks.items()
        ),
        "shapes": "; ".join(s["is"] for s in shapes),
        "rows": "\n".join(
            table_line(row, s, peaks) for s in shapes for row in s["rows"]
        ),
        "precision": first,
        "ideal": ", ".join(
            f"{1000 * seconds:,.1f} ms at {name}"
            for name, seconds in ideal.items()
        ),
        "spent": spending_table({s["name"]: s["spent"] for s in shapes}),
    }
    return TEXT.format_map(facts | content | cells)


def table_line(row: Row, shape: Row, peaks: dict[str, float]) -> str:
    """Return a row beside nanoGPT's in float32, which is the last."""
    speed, plain = row["tokens_per_second"], shape["rows"][-1]
    return (
        f"| {shape['name']} | {row['whose']} | {row['precision']} | "
        f"{1000 * row['seconds']:,.1f} | {speed:,.0f} | "
        f"{speed / plain['tokens_per_second']:.2f} | "
        f"{row['operations'] / row['seconds'] / 1e9:,.0f} | "
        f"{share(row, peaks):.0%} |"
    )


def draw(content: Row, path: Path) -> None:
    """Draw each shape's shares as bars, with the tokens per second."""
    with drawing(path, 10.0, 3.4) as figure:
        shapes = content["shapes"]
        places = figure.subplots(1, len(shapes), sharey=True, squeeze=False)
        for axes, shape in zip(places.flat, shapes, strict=True):
            rows = shape["rows"]
            names = [f"{row['whose']}\n{row['precision']}" for row in rows]
            shares = [100 * share(row, content["peaks"]) for row in rows]
            colours = [
                BLUE if row["whose"] == OURS else GOLD for row in rows
            ]
            bars = axes.barh(names, shares, color=colours, height=0.6)
            speeds = [f"{row['tokens_per_second']:,.0f}" for row in rows]
            axes.bar_label(bars, speeds, padding=4, fontsize=8)
            axes.set(xlim=(0, 115), xticks=(0, 50, 100))
            axes.set_title(shape["name"], fontsize=11)
        places.flat[0].invert_yaxis()
        figure.supxlabel("% of its precision's peak (beside: tokens/s)")


if __name__ == "__main__":
    main()
