"""From a wish to a run folder: text, tokens, shape, budget, recipe.

What the user leaves open is derived here, by rules that are printed and
written into the recipe. The folder appears complete, or not at all.
"""

import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from octavo.foundation import UserError, check_known
from octavo.foundation.files import (
    replacing_folder,
    require_new_folder,
    write_json,
)
from octavo.interop import describe, save_tokenizer, why_own
from octavo.model import ModelConfig
from octavo.text import Corpus, load_corpus
from octavo.tokenizer import Tokenizer, write_tokens
from octavo.training.batches import Batches
from octavo.training.loop import begin, take_step
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe
from octavo.training.run import Run
from octavo.training.watcher import Watcher

Ids = NDArray[np.integer]

# Layers, width and context. Heads are 64 wide, the network in a block three
# times as wide as the stream, which is SwiGLU's usual 8/3, rounded.
SIZES = {
    "tiny": (4, 128, 128),
    "small": (4, 192, 128),
    "medium": (5, 256, 256),
    "large": (6, 384, 256),
}
# A size for a time: the largest that still sees enough tokens in it.
SIZE_BY_MINUTES = ((6.0, "tiny"), (15.0, "small"), (45.0, "medium"))
DEFAULT_MINUTES = 10.0
POSITIVE = ("minutes", "tokens", "context", "batch_size", "vocab_size")
PROBE_SECONDS = 3.0
# Of the minutes, the share that is left when samples, glances, checkpoints
# and the closing evaluation have had theirs.
STEPPING_SHARE = 0.92


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a user asks of a run; None is left to the rules above."""

    corpus: str
    field: str = "text"
    tokenizer: str = "train"
    vocab_size: int | None = None
    minutes: float | None = None
    tokens: int | None = None
    size: str | None = None
    context: int | None = None
    batch_size: int | None = None
    prompt: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.minutes is not None and self.tokens is not None:
            raise UserError(
                "minutes and tokens both set the budget: give one of them"
            )
        for name in POSITIVE:
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise UserError(f"{name} is {value}; it must be above 0")


def prepare(wish: Wish, out: Path, watcher: Watcher | None = None) -> Run:
    """Make the run folder for a wish, ready for its first step."""
    watcher = watcher or Watcher()
    require_new_folder(out)
    corpus = read_corpus(wish.corpus, wish.field, watcher)
    data = DataRecipe(
        corpus=wish.corpus,
        field=wish.field,
        tokenizer=wish.tokenizer,
        vocab_size=wish.vocab_size or vocab_size_for(corpus),
        fingerprint=corpus.fingerprint,
    )
    tokenizer = make_tokenizer(data, corpus, watcher)
    model = choose_model(wish, tokenizer, watcher)
    draft = Recipe(
        data=data,
        model=model,
        training=TrainingRecipe(
            tokens=wish.tokens or 1,
            batch_size=wish.batch_size or max(1, 1024 // model.context),
            seed=wish.seed,
            threads=torch.get_num_threads(),
            prompt=wish.prompt or opening(corpus),
        ),
    )
    return _build(wish, draft, corpus, tokenizer, out, watcher)


def prepare_from_recipe(
    recipe: Recipe, out: Path, watcher: Watcher | None = None
) -> Run:
    """Make the run folder of a recipe, to repeat its run exactly."""
    watcher = watcher or Watcher()
    require_new_folder(out)
    corpus = read_corpus(recipe.data.corpus, recipe.data.field, watcher)
    if recipe.data.fingerprint not in ("", corpus.fingerprint):
        raise UserError(
            f'the corpus "{recipe.data.corpus}" is not the text that the '
            "recipe was made with; to use it all the same, delete the "
            "recipe's fingerprint"
        )
    tokenizer = make_tokenizer(recipe.data, corpus, watcher)
    if tokenizer.vocab_size != recipe.model.vocab_size:
        raise UserError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, and the "
            f"recipe's model {recipe.model.vocab_size}: make them equal"
        )
    tokens = recipe.training.tokens
    wish = Wish(corpus=recipe.data.corpus, tokens=tokens)
    if reason := why_own(recipe.model):
        watcher.noted(f"Only Octavo can read what comes out: {reason}")
    return _build(wish, recipe, corpus, tokenizer, out, watcher)


def read_corpus(name: str, field: str, watcher: Watcher) -> Corpus:
    """Load the corpus, and say what it is."""
    watcher.noted(f"Reading the corpus {name} (fetched on first use) ...")
    corpus = load_corpus(name, field=field)
    for part, documents in (
        ("to train on", corpus.train),
        ("held out", corpus.held_out),
    ):
        size = sum(len(d.text.encode()) for d in documents) / 1e6
        what = ", ".join(d.name for d in documents[:3])
        more = ", ..." if len(documents) > 3 else ""
        watcher.noted(
            f"  {size:.2f} MB in {len(documents)} documents {part} "
            f"({what}{more})"
        )
    for note in corpus.notes:
        if note.startswith(("left out of training", "beware")):
            watcher.noted(f"  {note}")
    return corpus


def vocab_size_for(corpus: Corpus) -> int:
    """Return a vocabulary's size for a text: a token for each kilobyte.

    Of a rarer token the model would see too little to learn it. At least
    512, at most 4,096.
    """
    num_bytes = sum(len(d.text.encode()) for d in corpus.train)
    return min(4096, max(512, num_bytes // 1000))


def make_tokenizer(
    data: DataRecipe, corpus: Corpus, watcher: Watcher
) -> Tokenizer:
    """Train, load or make the tokenizer that the recipe names."""
    if data.tokenizer == "bytes":
        return Tokenizer.bytes()
    if data.tokenizer != "train":
        return Tokenizer.load(data.tokenizer)
    began = time.monotonic()
    tokenizer = Tokenizer.train(
        (document.text for document in corpus.train),
        data.vocab_size,
        progress=lambda done, total: watcher.working(
            "learning a vocabulary", done, total
        ),
    )
    seconds = time.monotonic() - began
    watcher.noted(
        f"Learned a vocabulary of {tokenizer.vocab_size:,} tokens in "
        f"{seconds:.1f} s"
    )
    return tokenizer


def choose_model(
    wish: Wish, tokenizer: Tokenizer, watcher: Watcher
) -> ModelConfig:
    """Return the shape for a wish: by its size, else by its minutes."""
    size = wish.size or size_for(wish.minutes)
    check_known("size", [size], SIZES)
    layers, width, context = SIZES[size]
    watcher.noted(
        f"Model: {size} ({layers} layers, {width} wide, context "
        f"{wish.context or context})"
        + (
            ""
            if wish.size
            else "; the rule: the size that learns most in the time"
        )
    )
    heads = width // 64
    return ModelConfig(
        vocab_size=tokenizer.vocab_size,
        context=wish.context or context,
        num_layers=layers,
        width=width,
        num_heads=heads,
        num_kv_heads=heads,
        head_width=64,
        mlp_width=3 * width,
    )


def size_for(minutes: float | None) -> str:
    """Return the name of the size for a time; without one, the smallest."""
    for most, size in SIZE_BY_MINUTES:
        if (minutes or 0.0) <= most:
            return size
    return "large"


def opening(corpus: Corpus) -> str:
    """Return the held-out text's first line, to prompt samples with."""
    lines = corpus.held_out[0].text.strip().splitlines()
    return lines[0][:60] + "\n"


def _build(
    wish: Wish,
    draft: Recipe,
    corpus: Corpus,
    tokenizer: Tokenizer,
    out: Path,
    watcher: Watcher,
) -> Run:
    """Write the folder; fix the token budget when it was not given."""
    with replacing_folder(out) as folder:
        for name, what, documents in (
            ("train", "to train on", corpus.train),
            ("held_out", "held out", corpus.held_out),
        ):
            pairs = ((d.name, d.text) for d in documents)
            path = folder / "tokens" / f"{name}.npy"
            tokens = write_tokens(path, tokenizer, pairs)
            watcher.noted(f"{len(tokens.ids):,} tokens {what}")
            if name == "train":
                recipe = _with_budget(wish, draft, tokens.ids, watcher)
            del tokens  # a mapped file could not be moved on Windows
        save_tokenizer(tokenizer, folder, recipe.model.context)
        write_json(folder / "config.json", describe(recipe.model))
        recipe.save(folder / "recipe.toml")
    return Run.open(out)


def _with_budget(
    wish: Wish, draft: Recipe, ids: Ids, watcher: Watcher
) -> Recipe:
    """Return the recipe with its token budget, measured if need be."""
    t = draft.training
    batches = Batches(ids, draft.model.context, t.batch_size, t.seed)
    if wish.tokens:
        return draft
    minutes = wish.minutes or DEFAULT_MINUTES
    speed = measure_speed(draft, batches)
    tokens = int(minutes * 60 * STEPPING_SHARE * speed)
    watcher.noted(
        f"This machine trains {speed:,.0f} tokens a second: "
        f"{minutes:g} minutes make {tokens:,} tokens, "
        f"{tokens / len(ids):.2f} times through the text"
    )
    return replace(draft, training=replace(t, tokens=tokens))


def measure_speed(recipe: Recipe, batches: Batches) -> float:
    """Return tokens per second, from some steps of a model thrown away."""
    torch.set_num_threads(recipe.training.threads)
    state = begin(recipe)
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < PROBE_SECONDS or len(times) < 5:
        step = time.perf_counter()
        take_step(state, 1.0, *batches.at(state.step))
        times.append(time.perf_counter() - step)
    return batches.tokens_per_step / statistics.mean(times[2:])
