"""One measurement of one tokenizer, in a process of its own.

    python benchmarks/tokenizer_peers.py TASK PEER FOLDER TEXT

Prints JSON. `benchmarks/tokenizer.py` runs it, and prepares FOLDER.
"""

import hashlib
import io
import json
import os
import resource
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

VOCAB_SIZE = 4096
WARM_ROUNDS = 3
INHERITED: list[Any] = []  # what forked processes find in place
CORES = os.cpu_count() or 1
PACKAGES = {
    "octavo": "octavo.tokenizer",
    "rustbpe": "rustbpe",
    "sentencepiece": "sentencepiece",
    "hugging-face-lines": "tokenizers",
    "hugging-face-text": "tokenizers",
    "hugging-face": "tokenizers",
    "tiktoken": "tiktoken.load",
}
Ids = Iterable[Sequence[int]]


def train(peer: str, folder: Path, text: str) -> dict[str, Any]:
    """Train a vocabulary; seconds and memory above what was there."""
    documents = read_documents(folder, text)
    work = TRAINERS[peer](documents, folder, text)
    before = peak_memory(reset=True)
    started = time.perf_counter()
    vocab_size = work()
    seconds = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "seconds": seconds,
        "memory_mb": (peak_memory() - before + children * 1024) / 1e6,
        "vocab_size": vocab_size,
    }


def train_octavo(
    documents: list[str], _folder: Path, _text: str
) -> Callable[[], int]:
    """Octavo: the documents, no special tokens."""
    from octavo.tokenizer import Tokenizer

    return lambda: (
        Tokenizer.train(
            documents, VOCAB_SIZE, "qwen2", special_tokens=()
        ).vocab_size
    )


def train_rustbpe(
    documents: list[str], folder: Path, _text: str
) -> Callable[[], int]:
    """rustbpe: the documents, which it counts in parallel."""
    import rustbpe

    tokenizer, pattern = rustbpe.Tokenizer(), read_pattern(folder, "qwen2")

    def work() -> int:
        tokenizer.train_from_iterator(
            iter(documents), VOCAB_SIZE, pattern=pattern
        )
        return int(tokenizer.vocab_size)

    return work


def train_sentencepiece(
    _documents: list[str], folder: Path, text: str
) -> Callable[[], int]:
    """SentencePiece: BPE with byte fallback, from a file of lines."""
    import sentencepiece

    def work() -> int:
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / f"{text}.txt"),
            model_writer=model,
            model_type="bpe",
            vocab_size=VOCAB_SIZE,
            byte_fallback=True,
            max_sentence_length=1 << 20,
            num_threads=CORES,
            minloglevel=2,
        )
        loaded = sentencepiece.SentencePieceProcessor(
            model_proto=model.getvalue()
        )
        return int(loaded.vocab_size())

    return work


def train_hugging_face(texts: list[str], folder: Path) -> Callable[[], int]:
    """Hugging Face: byte-level BPE from texts, qwen2's pattern."""
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                tokenizers.Regex(read_pattern(folder, "qwen2")), "isolated"
            ),
            byte_level,
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def work() -> int:
        tokenizer.train_from_iterator(texts, trainer)
        return int(tokenizer.get_vocab_size())

    return work


def train_on_lines(
    documents: list[str], folder: Path, _text: str
) -> Callable[[], int]:
    """Hugging Face, with the lines one by one: its faster way."""
    lines = [line for text in documents for line in text.splitlines(True)]
    return train_hugging_face(lines, folder)


def train_on_one_text(
    documents: list[str], folder: Path, _text: str
) -> Callable[[], int]:
    """Hugging Face, with all as one text."""
    return train_hugging_face(["".join(documents)], folder)


TRAINERS = {
    "octavo": train_octavo,
    "rustbpe": train_rustbpe,
    "sentencepiece": train_sentencepiece,
    "hugging-face-lines": train_on_lines,
    "hugging-face-text": train_on_one_text,
}


def encode(peer: str, folder: Path, text: str) -> dict[str, Any]:
    """Encode documents, caches cold and then warm, on one thread."""
    return _encode(peer, folder, text, threads=1)


def encode_all_cores(peer: str, folder: Path, text: str) -> dict[str, Any]:
    """Encode documents, caches cold and then warm, on all cores."""
    return _encode(peer, folder, text, threads=CORES)


def _encode(
    peer: str, folder: Path, text: str, threads: int
) -> dict[str, Any]:
    documents = read_documents(folder, text)
    work = ENCODERS[peer](LOADERS[peer](folder), documents, threads)
    seconds, busy = [], []
    for _ in range(1 + WARM_ROUNDS):
        started, cpu = time.perf_counter(), time.process_time()
        ids = work()
        seconds.append(time.perf_counter() - started)
        busy.append(time.process_time() - cpu)
    size = sum(len(text.encode()) for text in documents) / 1e6
    return {
        "cold_mb_per_s": size / seconds[0],
        "warm_mb_per_s": size / statistics.median(seconds[1:]),
        "cold_cores": busy[0] / seconds[0],  # 1: one thread did it all
        "ids": digest(ids),
    }


def encode_octavo(
    tokenizer: Any, documents: list[str], threads: int
) -> Callable[[], Ids]:
    """Octavo: arrays of ids, its own batch; a process for each core."""
    if threads == 1:
        return lambda: tokenizer.encode_batch(documents)
    INHERITED.append(tokenizer)
    pool = get_context("fork").Pool(threads)
    shares = [documents[n::threads] for n in range(threads)]

    def work() -> Ids:
        parts = pool.map(encode_in_child, shares)
        return [
            parts[n % threads][n // threads] for n in range(len(documents))
        ]

    return work


def encode_in_child(documents: list[str]) -> Ids:
    """Encode in a process that was forked from the one with all in it."""
    ids: Ids = INHERITED[-1].encode_batch(documents)
    return ids


def encode_tiktoken(
    encoding: Any, documents: list[str], threads: int
) -> Callable[[], Ids]:
    """tiktoken: lists of ids, its own batch for many threads."""
    if threads == 1:
        return lambda: [encoding.encode_ordinary(t) for t in documents]
    return lambda: encoding.encode_ordinary_batch(
        documents, num_threads=threads
    )


def encode_hugging_face(
    tokenizer: Any, documents: list[str], _threads: int
) -> Callable[[], Ids]:
    """Hugging Face: the batch without offsets, its fastest way.

    How many threads it takes is for the environment to say.
    """
    return lambda: [
        encoding.ids for encoding in tokenizer.encode_batch_fast(documents)
    ]


ENCODERS: dict[str, Callable[[Any, list[str], int], Callable[[], Ids]]] = {
    "octavo": encode_octavo,
    "tiktoken": encode_tiktoken,
    "hugging-face": encode_hugging_face,
}


def load(peer: str, folder: Path, _text: str) -> dict[str, Any]:
    """Load GPT-2's vocabulary, after imports."""
    import_module(PACKAGES[peer])
    started = time.perf_counter()
    LOADERS[peer](folder)
    return {"seconds": time.perf_counter() - started}


def load_octavo(folder: Path) -> Any:
    """Octavo: tokenizer.json."""
    from octavo.tokenizer import Tokenizer

    return Tokenizer.load(folder / "gpt2.json")


def load_hugging_face(folder: Path) -> Any:
    """Hugging Face: the same tokenizer.json."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "gpt2.json"))


def load_tiktoken(folder: Path) -> Any:
    """tiktoken: its own file of ranks."""
    import tiktoken
    from tiktoken.load import load_tiktoken_bpe

    ranks = load_tiktoken_bpe(str(folder / "gpt2.tiktoken"))
    return tiktoken.Encoding(
        "gpt2",
        pat_str=read_pattern(folder, "tiktoken gpt2"),
        mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": 50256},
    )


LOADERS: dict[str, Callable[[Path], Any]] = {
    "octavo": load_octavo,
    "tiktoken": load_tiktoken,
    "hugging-face": load_hugging_face,
}


def import_it(peer: str, _folder: Path, _text: str) -> dict[str, Any]:
    """Import a package by itself."""
    started = time.perf_counter()
    import_module(PACKAGES[peer])
    return {"seconds": time.perf_counter() - started}


def read_documents(folder: Path, text: str) -> list[str]:
    """Return the documents of a prepared text."""
    content = (folder / f"{text}.json").read_text("utf-8")
    documents: list[str] = json.loads(content)
    return documents


def read_pattern(folder: Path, name: str) -> str:
    """Return a pattern that was prepared."""
    content = (folder / "patterns.json").read_text("utf-8")
    patterns: dict[str, str] = json.loads(content)
    return patterns[name]


def peak_memory(reset: bool = False) -> int:
    """Return the most memory that this process has held, in bytes.

    With `reset`, Linux forgets the peak so far, and counts from now on.
    """
    status = Path("/proc/self/status")
    if not status.exists():  # macOS counts bytes, and forgets nothing
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if reset:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    (line,) = (
        line
        for line in status.read_text("utf-8").splitlines()
        if line.startswith("VmHWM:")
    )
    return int(line.split()[1]) * 1024


def digest(encoded: Ids) -> str:
    """Return the SHA-256 of all ids, as 32-bit numbers."""
    hashed = hashlib.sha256()
    for ids in encoded:
        hashed.update(array("I", list(map(int, ids))).tobytes())
    return hashed.hexdigest()


TASKS = {
    "train": train,
    "encode": encode,
    "encode-all-cores": encode_all_cores,
    "load": load,
    "import": import_it,
}

if __name__ == "__main__":
    task, peer_name, room, text_name = sys.argv[1:]
    print(json.dumps(TASKS[task](peer_name, Path(room), text_name)))
