"""What a trained model would write, and what its cache saves.

    python benchmarks/writing.py RUN

RUN is a run folder, such as that of `results/runs/twelve-million-bpe`.
Writes results/writing.json: what the model expects after some prompts, what
it writes at several temperatures, and the time of one more token after
texts of several lengths, with the key-value cache and without. Both are
measured in turn, as the processor's time on one thread, which other work on
the machine disturbs least; a row has the median of each.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from machine import machine
from octavo.foundation.files import write_json
from octavo.generation import Memory, Sampling, generate
from octavo.interop import load_model
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer

RESULT = Path(__file__).parent / "results" / "writing.json"
PROMPTS = ("HAMLET.\nTo be, or not to", "Wherefore art", "I am a")
BEGIN = "JULIET.\nGood night, good night!"
TEMPERATURES = (0, 0.5, 0.8, 1, 1.5)
WRITTEN = 90  # tokens
LENGTHS = (32, 64, 128, 256, 512)
TURNS = 9


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    torch.set_num_threads(1)
    model = load_model(run).eval()
    tokenizer = Tokenizer.load(run / "tokenizer.json")
    found = {
        "machine": machine(["octavo", "torch"]) | {"threads": 1},
        "layers": model.config.num_layers,
        "kv_heads": model.config.num_kv_heads,
        "head_width": model.config.head_width,
        "expected": [expect(model, tokenizer, one) for one in PROMPTS],
        "begin": BEGIN,
        "written": {
            str(one): write(model, tokenizer, one) for one in TEMPERATURES
        },
        "times": [measure(model, length) for length in LENGTHS],
    }
    write_json(RESULT, found)


def expect(
    model: Transformer, tokenizer: Tokenizer, prompt: str
) -> dict[str, Any]:
    """Return all tokens' shares after a prompt, the likeliest first."""
    shares = Memory(model).read(tokenizer.encode(prompt)).softmax(dim=-1)
    ordered, ids = shares.sort(descending=True)
    return {
        "prompt": prompt,
        "tokens": [tokenizer.decode([one]) for one in ids[:60].tolist()],
        "shares": [round(one, 6) for one in ordered[:1000].tolist()],
    }


def write(
    model: Transformer, tokenizer: Tokenizer, temperature: float
) -> str:
    """Return what is written after `BEGIN`, from all of the tokens."""
    sampling = Sampling(temperature=temperature, top_k=0)
    prompt = tokenizer.encode(BEGIN)
    ids = generate(model, prompt, WRITTEN, sampling, seed=1)
    return tokenizer.decode(list(ids))


def measure(model: Transformer, length: int) -> dict[str, Any]:
    """Return the seconds of one more token after a text of a length."""
    text = [one % model.config.vocab_size for one in range(length)]
    memory = Memory(model)
    memory.read(text)
    times: dict[str, list[float]] = {"cached": [], "anew": []}
    for _ in range(TURNS):
        for name, reader in (("cached", memory), ("anew", Memory(model))):
            began = time.process_time()
            reader.read(text)  # what knows it reads the last token only
            times[name].append(time.process_time() - began)
    seconds = {k: statistics.median(v) for k, v in times.items()}
    return {"length": length} | seconds


if __name__ == "__main__":
    main()
