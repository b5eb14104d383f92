"""The run folder: a Hugging Face model folder, and how it came to be.

config.json, model.safetensors, tokenizer.json, ...   the model
recipe.toml      every choice behind it
metrics.jsonl    every step's loss, measurements and samples
tensorboard/     the same for TensorBoard, if asked for
samples.md       the samples, to read
attention.safetensors  one sentence's attention, at a dozen moments
tokens/          the text, as token files
checkpoints/     what resuming needs
status.json      how far it is, and the checksum of the weights
checksums.json   the checksums of what is written once, before the start
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from octavo.foundation import UserError
from octavo.foundation.checksums import (
    changed,
    checksums,
    read_sealed,
    require_unchanged,
    write_sealed,
)
from octavo.foundation.files import CannotWriteError, require_new_folder
from octavo.foundation.text import quoted
from octavo.interop import load_model
from octavo.model import Transformer
from octavo.tokenizer import TokenFile, Tokenizer, read_tokens
from octavo.training.metrics import METRICS, SAMPLES
from octavo.training.recipe import Recipe

WEIGHTS = "model.safetensors"
# What training writes anew again and again.
WRITTEN = (WEIGHTS, METRICS, SAMPLES, "attention.safetensors")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A prepared run: its folder, its recipe and its tokens."""

    folder: Path
    recipe: Recipe
    tokenizer: Tokenizer
    train: TokenFile
    held_out: TokenFile

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Read a run folder; anything missing or damaged is a UserError."""
        folder = Path(folder)
        require_run(folder)
        recipe = cls.load_recipe(folder)
        require_unchanged(folder)
        tokenizer = Tokenizer.load(folder / "tokenizer.json")
        return cls(
            folder=folder,
            recipe=recipe,
            tokenizer=tokenizer,
            train=read_tokens(folder / "tokens" / "train.npy", tokenizer),
            held_out=read_tokens(
                folder / "tokens" / "held_out.npy", tokenizer
            ),
        )

    @classmethod
    def load_recipe(cls, folder: Path) -> Recipe:
        """Read the recipe of a run folder."""
        return Recipe.load(folder / "recipe.toml")

    @property
    def finished(self) -> bool:
        """Whether the last step was done and measured.

        A run whose weights are not the ones recorded is not: to go on with
        it takes them from its checkpoint once more.
        """
        status = read_status(self.folder)
        return status.finished and not changed(self.folder, status.sha256)


def require_run(folder: Path) -> None:
    """Raise UserError unless a folder looks like a run."""
    if not folder.is_dir():
        raise UserError(
            f"there is no run folder {folder}; octavo train --out {folder} "
            "would make one"
        )
    if not (folder / "recipe.toml").is_file():
        raise UserError(f"{folder} is no run folder: it has no recipe.toml")


def require_new_run(folder: Path) -> None:
    """Raise UserError unless a new run can be made in a folder."""
    if (folder / "recipe.toml").is_file():
        raise UserError(
            f"{folder} is a run already: octavo train --resume {folder} "
            "goes on with it; or name another with --out, or remove it"
        )
    require_new_folder(folder)


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Add to an error about a full disk how a run goes on after it."""
    try:
        yield
    except CannotWriteError as error:
        remedy = (
            "free some space, and go on from what was saved: octavo train "
            f"--resume {quoted(folder)}"
        )
        raise CannotWriteError(error.path, error.error, remedy) from error


def load_trained(folder: Path) -> Transformer:
    """Load a run's or any model folder's weights, checksum first."""
    if (folder / "recipe.toml").is_file():
        require_unchanged(folder, ("config.json", "tokenizer.json"))
        status, weights = read_status(folder), folder / WEIGHTS
        if not weights.is_file():
            raise UserError(
                f"{folder} has no trained weights yet: octavo train "
                f"--resume {folder} goes on"
            )
        if changed(folder, {WEIGHTS: status.sha256.get(WEIGHTS, "")}):
            raise UserError(
                f"{weights} is not what training wrote (its checksum is "
                f"another): octavo train --resume {folder} restores it"
            )
    return load_model(folder)


@dataclass(frozen=True, kw_only=True)
class Status:
    """How far a run is; the weights in its folder are of this step.

    They are written first. Should a kill come between the two, they are
    not the ones recorded, and resuming mends that. Once the run is
    finished, the checksums are of all files that training wrote.
    """

    step: int = 0
    finished: bool = False
    sha256: dict[str, str] = field(default_factory=dict)


def read_status(folder: Path) -> Status:
    """Return what status.json says, or the start before it is written."""
    path = folder / "status.json"
    if not path.is_file():
        return Status()
    try:
        return Status(**read_sealed(path))
    except (TypeError, UserError) as error:
        raise UserError(
            f"{path} is damaged, or another version of Octavo wrote it: "
            "remove it, and resume the run"
        ) from error


def write_status(folder: Path, step: int, finished: bool) -> None:
    """Record how far the files in the folder are."""
    names = WRITTEN if finished else (WEIGHTS,)
    status = Status(
        step=step, finished=finished, sha256=checksums(folder, names)
    )
    write_sealed(folder / "status.json", asdict(status))
