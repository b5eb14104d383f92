"""From a wish or a recipe to a run folder, ready for its first step.

The folder appears complete, or not at all.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from octavo.foundation import UserError
from octavo.foundation.checksums import write_checksums
from octavo.foundation.files import replacing_folder, write_json
from octavo.interop import describe, save_tokenizer, why_own
from octavo.text import Corpus
from octavo.tokenizer import Tokenizer
from octavo.training.backends import require_backend
from octavo.training.batches import Batches
from octavo.training.devices import choose_device, require_device
from octavo.training.dial.choose import choose, timed
from octavo.training.dial.facts import memory_facts
from octavo.training.dial.plan import Plan
from octavo.training.dial.question import Question, changed
from octavo.training.dial.wish import Wish
from octavo.training.material import (
    make_tokenizer,
    read_corpus,
    vocab_size_for,
    write_material,
)
from octavo.training.memory.limit import fit, require_predictable
from octavo.training.memory.precision import AUTO, open_precisions
from octavo.training.recipe import DataRecipe, Recipe
from octavo.training.run import Run, require_new_run
from octavo.training.watcher import Watcher


def prepare(wish: Wish, out: Path, watcher: Watcher | None = None) -> Run:
    """Make the run folder for a wish, ready for its first step."""
    watcher = watcher or Watcher()
    require_new_run(out)
    with replacing_folder(out) as folder:
        question = gather(wish, folder, watcher)
        plan = choose(question)
        watcher.planned(plan)
        tokenizer = question.material.tokenizer
        Batches.of(plan.recipe, question.material.train)  # long enough?
        del question  # it keeps files open
        write_choices(folder, plan.recipe, tokenizer)
    return Run.open(out)


def plan_run(wish: Wish, watcher: Watcher | None = None) -> Plan:
    """Return what `prepare` and `train` would do; nothing is kept."""
    watcher = watcher or Watcher()
    with tempfile.TemporaryDirectory() as room:
        question = gather(wish, Path(room), watcher)
        plan = timed(question, choose(question))
        Batches.of(plan.recipe, question.material.train)  # long enough?
        del question  # it keeps files open
    return plan


def gather(wish: Wish, folder: Path, watcher: Watcher) -> Question:
    """Read and encode a wish's text; from here on the minutes count."""
    require_backend(wish.backend)
    device = choose_device(wish.device, wish.backend)
    if wish.memory_limit:
        require_predictable(wish.backend, device)
    corpus = read_corpus(wish.corpus, wish.field, watcher)
    began = time.monotonic()
    data = DataRecipe(
        corpus=wish.corpus,
        field=wish.field,
        tokenizer=wish.tokenizer,
        vocab_size=wish.vocab_size or vocab_size_for(corpus),
        fingerprint=corpus.fingerprint,
    )
    tokenizer = make_tokenizer(data, corpus, watcher)
    if wish.tokenizer not in ("train", "bytes"):
        data = replace(data, tokenizer_fingerprint=tokenizer.fingerprint)
    material = write_material(folder, corpus, tokenizer, watcher)
    return Question(wish=wish, data=data, material=material, began=began)


def prepare_from_recipe(
    recipe: Recipe,
    out: Path,
    watcher: Watcher | None = None,
    memory_limit: int | None = None,
) -> Run:
    """Make the run folder of a recipe, to repeat its run exactly.

    With a memory limit in bytes, as exactly as techniques that keep it do.
    """
    watcher = watcher or Watcher()
    require_new_run(out)
    require_backend(recipe.training.backend)
    require_device(recipe.training.device)
    if memory_limit:
        recipe = limited(recipe, memory_limit, watcher)
    corpus = read_corpus(recipe.data.corpus, recipe.data.field, watcher)
    require_same("corpus", recipe.data, "fingerprint", corpus)
    tokenizer = make_tokenizer(recipe.data, corpus, watcher)
    require_same(
        "tokenizer", recipe.data, "tokenizer_fingerprint", tokenizer
    )
    if tokenizer.vocab_size != recipe.model.vocab_size:
        raise UserError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, and the "
            f"recipe's model {recipe.model.vocab_size}: make them equal"
        )
    if reason := why_own(recipe.model):
        watcher.noted(f"Only Octavo can read what comes out: {reason}")
    with replacing_folder(out) as folder:
        material = write_material(folder, corpus, tokenizer, watcher)
        Batches.of(recipe, material.train)  # long enough a text?
        del material  # it keeps files open
        write_choices(folder, recipe, tokenizer)
    return Run.open(out)


def with_techniques(recipe: Recipe, asked: Mapping[str, Any]) -> Recipe:
    """Return a recipe with techniques as a Wish names them."""
    if asked.get("precision") == AUTO:
        fastest = open_precisions(recipe.training)[-1]
        asked = {**asked, "precision": fastest}
    return changed(recipe, **asked)


def limited(recipe: Recipe, limit: int, watcher: Watcher) -> Recipe:
    """Return a recipe within a memory limit, and tell what was done."""
    require_predictable(recipe.training.backend, recipe.training.device)
    fitted = fit(recipe, limit)
    for fact in memory_facts(limit, recipe, fitted):
        watcher.noted(str(fact))
    return fitted


def require_same(
    what: str, data: DataRecipe, key: str, found: Corpus | Tokenizer
) -> None:
    """Raise UserError unless a recipe was made with what was found."""
    if getattr(data, key) not in ("", found.fingerprint):
        raise UserError(
            f'the {what} "{getattr(data, what)}" is not the one that the '
            "recipe was made with; to use it all the same: --set "
            f"data.{key}="
        )


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
