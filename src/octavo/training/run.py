"""The run folder: a Hugging Face model folder, and how it came to be.

config.json, model.safetensors, tokenizer.json, ...   the model
recipe.toml      every choice behind it
metrics.jsonl    every step's loss, measurements and samples
samples.md       the samples, to read
attention.safetensors  one sentence's attention, at a dozen moments
tokens/          the text, as token files
checkpoints/     what resuming needs
status.json      how far it is, and the checksum of the weights
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from octavo.foundation import UserError
from octavo.foundation.files import (
    read_json,
    require_new_folder,
    sha256,
    write_json,
)
from octavo.interop import load_model
from octavo.model import Transformer
from octavo.tokenizer import TokenFile, Tokenizer, read_tokens
from octavo.training.recipe import Recipe

WEIGHTS = "model.safetensors"


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
        recipe = Recipe.load(folder / "recipe.toml")
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

    @property
    def finished(self) -> bool:
        """Whether the last step was done and measured.

        A run whose weights are not the ones recorded is not: to go on with
        it takes them from its checkpoint once more.
        """
        status = read_status(self.folder)
        return status.finished and status.describes(self.folder)


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


def load_trained(folder: Path) -> Transformer:
    """Load a run's or any model folder's weights, checksum first."""
    if (folder / "recipe.toml").is_file():
        status, weights = read_status(folder), folder / WEIGHTS
        if not weights.is_file():
            raise UserError(
                f"{folder} has no trained weights yet: octavo train "
                f"--resume {folder} goes on"
            )
        if not status.describes(folder):
            raise UserError(
                f"{weights} is not what training wrote (its checksum is "
                f"another): octavo train --resume {folder} restores it"
            )
    return load_model(folder)


@dataclass(frozen=True, kw_only=True)
class Status:
    """How far a run is; the weights in its folder are of this step.

    They are written first. Should a kill come between the two, they are
    not the ones described, and resuming mends that.
    """

    step: int = 0
    finished: bool = False
    weights_sha256: str = ""

    def describes(self, folder: Path) -> bool:
        """Whether the weights in the folder are the ones recorded."""
        weights = folder / WEIGHTS
        return weights.is_file() and sha256(weights) == self.weights_sha256


def read_status(folder: Path) -> Status:
    """Return what status.json says, or the start before it is written."""
    path = folder / "status.json"
    if not path.is_file():
        return Status()
    content = read_json(path)
    wanted = {f.name: f.type for f in fields(Status)}
    found = content if isinstance(content, dict) else {}
    if {key: type(value) for key, value in found.items()} != wanted:
        raise UserError(
            f"{path} is damaged, or another version of Octavo wrote it: "
            "remove it, and resume the run"
        )
    return Status(**found)


def write_status(folder: Path, step: int, finished: bool) -> None:
    """Record how far the weights in the folder are."""
    digest = sha256(folder / WEIGHTS)
    status = Status(step=step, finished=finished, weights_sha256=digest)
    write_json(folder / "status.json", asdict(status))
