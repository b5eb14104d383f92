"""How long a training step takes in NumPy and JAX, beside eager PyTorch.

In the repository: python benchmarks/twins.py

The size is `octavo train --size tiny`: 4 layers, 128 wide, 8 windows of 128
tokens a step, single precision, AdamW everywhere. Each backend has a
process of its own, since idle thread pools of one would slow the others;
they take turns, so that whatever else the machine does meets them alike.
Writes results/twins.json and results/twins.md.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import machine
from octavo.foundation.files import write_json, write_text

RESULTS = Path(__file__).parent / "results"
NAMES = {"torch": "PyTorch, eager", "numpy": "NumPy", "jax": "JAX"}
VOCAB_SIZES = (256, 4096)
BATCH, CONTEXT = 8, 128
THREADS = 2
TEXT = """\
# A training step, three times

`{command}`, {date}, commit {commit}

{cpu}, {cores} cores, {threads} threads; {system}; Python {python};
{versions}. 4 layers, 128 wide, 8 windows of 128 tokens, single precision,
AdamW.

| vocabulary | backend | median | fastest | median / PyTorch's |
|---|---|---|---|---|
{rows}
"""
ROUNDS, STEPS = 10, 5


def main() -> None:
    """Measure both vocabularies; print and write the table."""
    rows = [
        row for vocab_size in VOCAB_SIZES for row in measure(vocab_size)
    ]
    content = {
        "command": "python benchmarks/twins.py",
        "machine": machine(("octavo", *NAMES)),
        "threads": THREADS,
        "rows": rows,
    }
    write_json(RESULTS / "twins.json", content)
    write_text(RESULTS / "twins.md", page(content))
    print(page(content))


def measure(vocab_size: int) -> list[dict[str, Any]]:
    """Return a row for each backend, from turns of a few steps each."""
    workers = {name: start(name, vocab_size) for name in NAMES}
    times: dict[str, list[float]] = {name: [] for name in NAMES}
    for turn in range(ROUNDS + 1):
        for name, worker in workers.items():
            assert worker.stdin
            assert worker.stdout
            worker.stdin.write("go\n")
            worker.stdin.flush()
            found = json.loads(worker.stdout.readline())
            if turn:  # the first compiles, and warms up
                times[name] += found
    for worker in workers.values():
        worker.communicate()
    eager = statistics.median(times["torch"])
    return [
        {
            "vocab_size": vocab_size,
            "backend": name,
            "median_ms": round(1000 * statistics.median(found), 1),
            "fastest_ms": round(1000 * min(found), 1),
            "ratio": round(statistics.median(found) / eager, 2),
        }
        for name, found in times.items()
    ]


def start(name: str, vocab_size: int) -> subprocess.Popen[str]:
    """Start a process that takes a few steps for each line it is sent."""
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
        str(THREADS),
    )
    return subprocess.Popen(
        [sys.executable, __file__, name, str(vocab_size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | threads,
    )


def work(name: str, vocab_size: int) -> None:
    """Take steps when told to, and print how long each took."""
    step = (torch_step if name == "torch" else twin_step)(name, vocab_size)
    for _ in sys.stdin:
        times = []
        for _ in range(STEPS):
            began = time.perf_counter()
            step()
            times.append(time.perf_counter() - began)
        print(json.dumps(times), flush=True)


def make_model(vocab_size: int) -> tuple[Any, Any, Any]:
    """Return a model, and inputs and targets for its steps."""
    import torch

    from octavo.model import ModelConfig, Transformer

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    config = ModelConfig(
        vocab_size=vocab_size,
        context=CONTEXT,
        num_layers=4,
        width=128,
        num_heads=2,
        num_kv_heads=2,
        head_width=64,
        mlp_width=384,
    )
    ids = torch.randint(vocab_size, (BATCH, CONTEXT + 1))
    return Transformer(config), ids[:, :-1], ids[:, 1:]


def torch_step(_: str, vocab_size: int) -> Callable[[], float]:
    """Return a step of eager PyTorch, with its own fused AdamW."""
    import torch
    from torch.nn import functional

    model, inputs, targets = make_model(vocab_size)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)

    def step() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(
            model(inputs).flatten(0, 1), targets.flatten()
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def twin_step(name: str, vocab_size: int) -> Callable[[], float]:
    """Return a step of a twin with its AdamW."""
    from octavo.twins.loading import load_optimizer, load_twin, weights_of

    model, inputs, targets = make_model(vocab_size)
    params, twin = weights_of(model), load_twin(name)
    optimizer = load_optimizer(name)(params)

    def step() -> float:
        loss, gradients = twin.loss_and_gradients(
            params, model.config, inputs.numpy(), targets.numpy()
        )
        optimizer.step(gradients)
        return float(loss)

    return step


def page(content: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    facts = content["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in facts["versions"].items())
    rows = [
        f"| {row['vocab_size']:,} | {NAMES[row['backend']]} | "
        f"{row['median_ms']} ms | {row['fastest_ms']} ms | {row['ratio']} |"
        for row in content["rows"]
    ]
    cells = {"versions": versions, "rows": "\n".join(rows)}
    return TEXT.format_map(facts | content | cells)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1], int(sys.argv[2]))
    else:
        main()
