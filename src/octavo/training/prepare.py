"""From a wish to a run folder: text, tokens, shape, budget, recipe.

What the user leaves open is derived by the rules of `wish`, printed, and
written into the recipe. The folder appears complete, or not at all.
"""

import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from octavo.foundation import UserError
from octavo.foundation.checksums import write_checksums
from octavo.foundation.files import replacing_folder, write_json
from octavo.interop import describe, save_tokenizer, why_own
from octavo.model import ModelConfig
from octavo.text import CATALOGUE, Corpus, load_corpus
from octavo.text.fetching import is_cached
from octavo.tokenizer import TokenFile, Tokenizer, write_tokens
from octavo.training.backends import require_backend
from octavo.training.batches import Batches, num_windows
from octavo.training.loop import begin, take_step
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe
from octavo.training.run import Run, require_new_run
from octavo.training.watcher import Watcher
from octavo.training.wish import (
    DEFAULT_MINUTES,
    RATES,
    Wish,
    batch_size_for,
    model_for,
    opening,
    size_for,
    vocab_size_for,
)

PROBE_SECONDS = 2.0  # for each number of threads
# Of the minutes, the share that is left when samples, glances, checkpoints
# and the closing evaluation have had theirs.
STEPPING_SHARE = 0.92


def prepare(wish: Wish, out: Path, watcher: Watcher | None = None) -> Run:
    """Make the run folder for a wish, ready for its first step."""
    watcher = watcher or Watcher()
    require_new_run(out)
    require_backend(wish.backend)
    corpus = read_corpus(wish.corpus, wish.field, watcher)
    data = DataRecipe(
        corpus=wish.corpus,
        field=wish.field,
        tokenizer=wish.tokenizer,
        vocab_size=wish.vocab_size or vocab_size_for(corpus),
        fingerprint=corpus.fingerprint,
    )
    tokenizer = make_tokenizer(data, corpus, watcher)
    model = model_for(wish, tokenizer.vocab_size)
    size, rule = size_for(wish)
    watcher.noted(
        f"Model: {size} ({model.num_layers} layers, {model.width} wide, "
        f"context {model.context}): {rule}"
    )
    with replacing_folder(out) as folder:
        train = write_corpus(folder, corpus, tokenizer, watcher)
        training = choose_training(
            wish, model, train, opening(corpus), watcher
        )
        recipe = Recipe(data=data, model=model, training=training)
        minutes = wish.minutes or DEFAULT_MINUTES
        if wish.tokens:
            _batches(recipe, train)  # the text must be long enough
        else:
            recipe = fit_into_minutes(recipe, minutes, train, watcher)
        del train  # on Windows, a mapped file's folder cannot be renamed
        write_choices(folder, recipe, tokenizer)
    return Run.open(out)


def prepare_from_recipe(
    recipe: Recipe, out: Path, watcher: Watcher | None = None
) -> Run:
    """Make the run folder of a recipe, to repeat its run exactly."""
    watcher = watcher or Watcher()
    require_new_run(out)
    require_backend(recipe.training.backend)
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
    if reason := why_own(recipe.model):
        watcher.noted(f"Only Octavo can read what comes out: {reason}")
    with replacing_folder(out) as folder:
        train = write_corpus(folder, corpus, tokenizer, watcher)
        _batches(recipe, train)  # the text must be long enough
        del train
        write_choices(folder, recipe, tokenizer)
    return Run.open(out)


def read_corpus(name: str, field: str, watcher: Watcher) -> Corpus:
    """Load the corpus, and say what it is."""
    known = CATALOGUE.get(name)
    fetched = known is None or is_cached(known.download)
    verb = "Reading" if fetched else "Fetching"
    watcher.noted(f"{verb} the corpus {name} ...")
    corpus = load_corpus(name, field=field)
    for part, documents in (
        ("to train on", corpus.train),
        ("held out, to measure with", corpus.held_out),
    ):
        size = sum(len(d.text.encode()) for d in documents) / 1e6
        what = ", ".join(d.name for d in documents[:3])
        more = ", ..." if len(documents) > 3 else ""
        count = f"{len(documents)} document{'s' * (len(documents) > 1)}"
        watcher.noted(f"  {size:.2f} MB in {count} {part} ({what}{more})")
    for note in corpus.notes:
        if note.startswith(("left out of training", "beware")):
            watcher.noted(f"  {note}")
    return corpus


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


def write_corpus(
    folder: Path, corpus: Corpus, tokenizer: Tokenizer, watcher: Watcher
) -> TokenFile:
    """Write both parts as token files; return the one to train on."""
    files = []
    for name, what, documents in (
        ("train", "to train on", corpus.train),
        ("held_out", "held out", corpus.held_out),
    ):
        pairs = ((d.name, d.text) for d in documents)
        path = folder / "tokens" / f"{name}.npy"
        files.append(write_tokens(path, tokenizer, pairs))
        watcher.noted(f"{len(files[-1].ids):,} tokens {what}")
    return files[0]


def choose_training(
    wish: Wish,
    model: ModelConfig,
    train: TokenFile,
    prompt: str,
    watcher: Watcher,
) -> TrainingRecipe:
    """Return how to train; without --tokens, the budget is still open."""
    windows = num_windows(len(train.ids), model.context)
    matrix_rate, other_rate = RATES[wish.backend]
    if wish.backend != "torch":
        watcher.noted(
            f"Backend: {wish.backend}, with AdamW for every parameter "
            f"(learning rate {matrix_rate:g} for matrices, {other_rate:g} "
            "for all else)"
        )
    return TrainingRecipe(
        tokens=wish.tokens or 1,
        batch_size=batch_size_for(wish, model.context, windows),
        seed=wish.seed,
        matrix_learning_rate=matrix_rate,
        other_learning_rate=other_rate,
        backend=wish.backend,
        threads=torch.get_num_threads(),
        prompt=wish.prompt or prompt,
    )


def fit_into_minutes(
    draft: Recipe, minutes: float, train: TokenFile, watcher: Watcher
) -> Recipe:
    """Return the recipe with threads and tokens for so many minutes.

    Threads wait for each other at every product. Where another program
    keeps a core busy, they do little else, and one thread is faster by far
    (LOG.md): so both ways are tried.
    """
    batches, most = _batches(draft, train), draft.training.threads
    tried = {1, most} if draft.training.backend == "torch" else {most}
    recipes = [
        replace(draft, training=replace(draft.training, threads=threads))
        for threads in sorted(tried)
    ]
    speeds = [measure_speed(recipe, batches) for recipe in recipes]
    speed = max(speeds)
    fastest = recipes[speeds.index(speed)].training
    tokens = max(1, int(minutes * 60 * STEPPING_SHARE * speed))
    few = " in one thread" if fastest.threads < most else ""
    watcher.noted(
        f"This machine trains {speed:,.0f} tokens a second{few}: "
        f"{minutes:g} minutes make {tokens:,} tokens, "
        f"{tokens / len(train.ids):.2f} times through the text"
    )
    return replace(draft, training=replace(fastest, tokens=tokens))


def measure_speed(recipe: Recipe, batches: Batches) -> float:
    """Return tokens per second, from some steps of a model thrown away.

    The first step is not counted: it makes room for all that follow.
    """
    torch.set_num_threads(recipe.training.threads)
    state = begin(recipe)
    times: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < PROBE_SECONDS or len(times) < 3:
        step = time.perf_counter()
        take_step(state, 1.0, *batches.at(state.step))
        times.append(time.perf_counter() - step)
    return batches.tokens_per_step / statistics.mean(times[1:])


def write_choices(
    folder: Path, recipe: Recipe, tokenizer: Tokenizer
) -> None:
    """Write all that a run folder holds beside its tokens."""
    save_tokenizer(tokenizer, folder, recipe.model.context)
    write_json(folder / "config.json", describe(recipe.model))
    recipe.save(folder / "recipe.toml")
    files = [file for file in folder.rglob("*") if file.is_file()]
    # A token file's description has the checksum of its ids.
    names = [f.relative_to(folder) for f in files if f.suffix != ".npy"]
    write_checksums(folder, [name.as_posix() for name in names])


def _batches(recipe: Recipe, train: TokenFile) -> Batches:
    """Return a recipe's batches; UserError if the text is too short."""
    training = recipe.training
    return Batches(
        train.ids,
        recipe.model.context,
        training.batch_size,
        training.seed,
    )
