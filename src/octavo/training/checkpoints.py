"""Checkpoints: the whole state of training, to go on as if never stopped.

One is a folder, `checkpoints/step-00000400/`, that appears under its name
complete or not at all. Its `state.json` carries the checksums of the rest,
and of the record up to this step.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import safetensors.torch

from octavo.foundation import UserError
from octavo.foundation.checksums import (
    changed,
    checksums,
    read_sealed,
    write_sealed,
)
from octavo.foundation.files import (
    remove_folder,
    replacing_folder,
    write_bytes,
)
from octavo.interop import load_weights, read_tensors, weights_as_bytes
from octavo.model import Transformer
from octavo.training.backends import Backend, Memory
from octavo.training.metrics import METRICS, Mark
from octavo.training.run import WEIGHTS
from octavo.training.surroundings import RandomNumbers, surroundings

KEPT = 2  # should the newest be damaged, there is one before it
CHECKPOINTS, RECORD = "checkpoints", "state.json"


class Part(Protocol):
    """Something that changes while training, and is kept as tensors."""

    def memory(self) -> Memory:
        """Return its tensors, for a checkpoint."""

    def remember(self, memory: Mapping[str, Any]) -> None:
        """Give it back the tensors of a checkpoint."""


@dataclass(kw_only=True)
class State:
    """All that changes while training."""

    model: Transformer
    backend: Backend
    step: int = 0
    seconds: float = 0.0

    @property
    def random(self) -> RandomNumbers:
        """The generators that dropout draws from."""
        return RandomNumbers(self.model.embedding.weight.device.type)

    @property
    def parts(self) -> dict[str, Part]:
        """All but the weights, by the names of their files."""
        return {
            "optimizer.safetensors": self.backend,
            "random.safetensors": self.random,
        }


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What `state.json` says of its checkpoint."""

    step: int
    seconds: float
    record: Mark
    surroundings: dict[str, str]
    sha256: dict[str, str]


def save_checkpoint(state: State, run: Path) -> Path:
    """Write a checkpoint, then drop all but the newest ones."""
    folder = run / CHECKPOINTS / f"step-{state.step:08d}"
    if not folder.exists():
        with replacing_folder(folder) as temporary:
            _write(state, temporary, Mark.of(run / METRICS))
    for old in list_checkpoints(run)[:-KEPT]:
        remove_folder(old)
    return folder


def list_checkpoints(run: Path) -> list[Path]:
    """Return a run's checkpoints, oldest first."""
    return sorted((run / CHECKPOINTS).glob("step-*"))


def restore(state: State, run: Path) -> Kept | None:
    """Put the newest checkpoint into `state`; None if there is none."""
    checkpoints = list_checkpoints(run)
    if not checkpoints:
        return None
    folder = checkpoints[-1]
    kept = _verified(folder, [WEIGHTS, *state.parts])
    if kept.record.size and not (run / METRICS).is_file():
        # Somebody removed it: then a new one begins here.
        kept = replace(kept, record=Mark())
        write_sealed(folder / RECORD, asdict(kept))
    load_weights(state.model, folder / WEIGHTS)
    for name, part in state.parts.items():
        _remind(part, folder / name)
    state.step, state.seconds = kept.step, kept.seconds
    return kept


def _remind(part: Part, path: Path) -> None:
    """Give a part back what a file of a checkpoint holds of it."""
    try:
        part.remember(read_tensors(path))
    except (KeyError, RuntimeError) as error:
        of_shape = isinstance(error, RuntimeError)
        why = "does not fit" if of_shape else f"has no {error}"
        raise UserError(
            f"{path} {why}: another version of octavo wrote it. "
            "Go on with that one, or start again with --recipe"
        ) from error


def _write(state: State, folder: Path, record: Mark) -> None:
    """Write the files of a checkpoint."""
    write_bytes(folder / WEIGHTS, weights_as_bytes(state.model))
    for name, part in state.parts.items():
        write_bytes(folder / name, safetensors.torch.save(part.memory()))
    kept = Kept(
        step=state.step,
        seconds=state.seconds,
        record=record,
        surroundings=surroundings(),
        sha256=checksums(folder, [WEIGHTS, *state.parts]),
    )
    write_sealed(folder / RECORD, asdict(kept))


def require_record(run: Path) -> None:
    """Raise UserError if a run's record is not what its checkpoint knows.

    What came after the newest checkpoint is not known to any.
    """
    if (run / METRICS).is_file():
        for folder in list_checkpoints(run)[-1:]:
            _kept(folder).record.cut(run / METRICS)


def _kept(folder: Path) -> Kept:
    """Return what a checkpoint says of itself."""
    try:
        content = read_sealed(folder / RECORD)
        record = Mark(**content.pop("record"))
        return Kept(record=record, **content)
    except (KeyError, TypeError, UserError) as error:
        raise _damaged(folder, RECORD) from error


def _verified(folder: Path, names: list[str]) -> Kept:
    """Return what a checkpoint says of itself, once every byte fits."""
    kept = _kept(folder)
    unlike = changed(folder, kept.sha256)
    for name in unlike or set(names) - set(kept.sha256):
        raise _damaged(folder, name)
    return kept


def _damaged(folder: Path, name: str) -> UserError:
    before = [
        f for f in list_checkpoints(folder.parent.parent) if f < folder
    ]
    then = (
        "resume from the checkpoint before it" if before else "begin anew"
    )
    return UserError(
        f"{folder / name} is damaged (it is not what was written): remove "
        f"{folder} to {then}"
    )
