"""From a base and conversations to a run folder, ready for its first step.

It holds all that fine-tuning needs: the base is not looked at again.
Beside what any run folder holds:

tuning.toml        every choice (`recipe.toml` is still the base's)
base.safetensors   the weights that it began with
examples.jsonl     the conversations
before.json        how well the base foretold the held-out text
adapter/           with LoRA, at the end: the change alone, for PEFT
"""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from octavo.evaluation import Score, score_model
from octavo.finetuning.adapter import ADAPTER, require_adapter
from octavo.finetuning.choosing import TuningWish, once, recipe_for
from octavo.finetuning.messages import (
    Conversation,
    write_conversations,
)
from octavo.finetuning.pace import speed_of
from octavo.finetuning.packing import fitting
from octavo.finetuning.recipe import TuningRecipe
from octavo.finetuning.rendering import Rendered, end_of_turn, render
from octavo.foundation.checksums import write_checksums
from octavo.foundation.files import (
    read_json,
    replacing_folder,
    write_bytes,
    write_json,
)
from octavo.interop import save_generation_config, weights_as_bytes
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer
from octavo.training import Recipe, Run, Watcher, load_trained
from octavo.training.dial.budget import Pace
from octavo.training.run import require_new_run

BASE, EXAMPLES = "base.safetensors", "examples.jsonl"
BEFORE = "before.json"
MADE = (
    "generation_config.json", BASE, EXAMPLES, BEFORE, TuningRecipe.FILE
)  # fmt: skip
# What a fine-tuned run takes over from its base.
TAKEN = (
    "config.json",
    "recipe.toml",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "tokens/train.npy",
    "tokens/train.npy.json",
    "tokens/held_out.npy",
    "tokens/held_out.npy.json",
)


@dataclass(frozen=True, kw_only=True)
class TunedRun(Run):
    """A run that goes on from another one's weights, with conversations."""

    recipe: TuningRecipe

    @classmethod
    def load_recipe(cls, folder: Path) -> TuningRecipe:
        """Read the recipe of the fine-tuning."""
        return TuningRecipe.load(folder / TuningRecipe.FILE)

    @property
    def finished(self) -> bool:
        """Whether all is done, the adapter too."""
        adapted = not self.recipe.tuning.lora_rank or (
            (self.folder / ADAPTER).is_dir()
        )
        return adapted and super().finished

    @property
    def bits_before(self) -> float:
        """The base's bits per byte on the held-out text."""
        found: float = read_json(self.folder / BEFORE)["bits_per_byte"]
        return found


def open_run(folder: Path) -> Run:
    """Open a run folder, of a base or of a fine-tuning."""
    tuned = (folder / TuningRecipe.FILE).is_file()
    return (TunedRun if tuned else Run).open(folder)


def prepare_tuning(
    wish: TuningWish,
    conversations: Sequence[Conversation],
    out: Path,
    watcher: Watcher | None = None,
) -> TunedRun:
    """Make the run folder of a fine-tuning, ready for its first step.

    Raises UserError for a base that cannot chat, or conversations of
    which none fits its context.
    """
    began, watcher = time.perf_counter(), watcher or Watcher()
    require_new_run(out)
    base = Run.open(wish.base)
    if wish.lora_rank:
        require_adapter(base.recipe.model)
    fit = rendered(conversations, base.tokenizer, base.recipe, watcher)
    recipe = recipe_for(wish, base.recipe, fit)
    model = load_trained(wish.base)
    judging = time.perf_counter()
    before = judged(base, model, watcher)
    if minutes := wish.minutes:
        now = time.perf_counter()
        pace = Pace(
            speed=speed_of(recipe, model, fit, base.train),
            judging=now - judging,
            starting=now - began,
        )
        epochs = pace.tokens(minutes) / once(fit, wish.rehearsed)
        watcher.noted(f"{epochs:.2f} epochs: {pace.rule(minutes)}")
        if epochs < 1:
            watcher.noted(too_short(epochs, minutes, len(fit)))
        wish = replace(wish, minutes=None, epochs=epochs)
        recipe = recipe_for(wish, base.recipe, fit)
    with replacing_folder(out) as folder:
        copy_base(base, model, folder)
        write_conversations(folder / EXAMPLES, conversations)
        write_json(folder / BEFORE, before.as_dict())
        recipe.save(folder / TuningRecipe.FILE)
        kept = [name for name in TAKEN if not name.endswith(".npy")]
        write_checksums(folder, [*kept, *MADE])
    return TunedRun.open(out)


def too_short(epochs: float, minutes: float, number: int) -> str:
    """Say that there is no time to read everything, and how much is."""
    return (
        f"that is too short: of {number:,} conversations "
        f"{1 - epochs:.0%} are never read; once takes about "
        f"{minutes / epochs:.0f} minutes, and they are learned in several"
    )


def judged(base: Run, model: Transformer, watcher: Watcher) -> Score:
    """Return how well a base foretells its held-out text."""

    def judging(done: int, total: int) -> None:
        watcher.working("judging the base", done, total)

    return score_model(model, base.held_out, base.tokenizer, judging)


def copy_base(base: Run, model: Transformer, folder: Path) -> None:
    """Write what a fine-tuned run takes over from its base."""
    (folder / "tokens").mkdir()
    for name in TAKEN:
        shutil.copyfile(base.folder / name, folder / name)
    turn = end_of_turn(base.tokenizer)
    save_generation_config(base.tokenizer, folder, turn)
    write_bytes(folder / BASE, weights_as_bytes(model))


def rendered(
    conversations: Sequence[Conversation],
    tokenizer: Tokenizer,
    recipe: Recipe,
    watcher: Watcher,
) -> list[Rendered]:
    """Return the conversations that fit the context, as ids."""
    every_one = [render(tokenizer, each) for each in conversations]
    context = recipe.model.context
    fit = fitting(every_one, context)
    if left := len(every_one) - len(fit):
        watcher.noted(
            f"{left:,} of {len(every_one):,} conversations are longer than "
            f"the context of {context} tokens, and left out"
        )
    return fit
