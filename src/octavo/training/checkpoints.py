"""Checkpoints: the whole state of training, to go on as if never stopped.

One is a folder, `checkpoints/step-00000400/`, that appears under its name
complete or not at all. Its `state.json` carries the checksums of the rest.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from octavo.foundation import UserError
from octavo.foundation.files import (
    read_json,
    remove_leftovers,
    replacing_folder,
    sha256,
    write_bytes,
    write_json,
)
from octavo.interop import load_weights, read_tensors, weights_as_bytes
from octavo.model import Transformer
from octavo.training.backends import Backend

KEPT = 2  # should the newest be damaged, there is one before it
FILES = ("model.safetensors", "optimizer.safetensors")


@dataclass(kw_only=True)
class State:
    """All that changes while training; the random state is torch's own."""

    model: Transformer
    backend: Backend
    step: int = 0
    seconds: float = 0.0


def save_checkpoint(state: State, run: Path) -> Path:
    """Write a checkpoint, then drop all but the newest ones."""
    folder = run / "checkpoints" / f"step-{state.step:08d}"
    if not folder.exists():
        remove_leftovers(folder.parent)
        with replacing_folder(folder) as temporary:
            _write(state, temporary)
    for old in list_checkpoints(run)[:-KEPT]:
        shutil.rmtree(old)
    return folder


def list_checkpoints(run: Path) -> list[Path]:
    """Return a run's checkpoints, oldest first."""
    return sorted((run / "checkpoints").glob("step-*"))


def restore(state: State, run: Path) -> bool:
    """Put the newest checkpoint into `state`; false if there is none."""
    checkpoints = list_checkpoints(run)
    if not checkpoints:
        return False
    folder = checkpoints[-1]
    step, seconds = _verified(folder)
    load_weights(state.model, folder / FILES[0])
    tensors = read_tensors(folder / FILES[1])
    torch.set_rng_state(tensors.pop("random_state"))
    state.backend.remember(tensors)
    state.step, state.seconds = step, seconds
    return True


def _write(state: State, folder: Path) -> None:
    """Write the files of a checkpoint."""
    tensors = state.backend.memory()
    tensors["random_state"] = torch.get_rng_state()
    write_bytes(folder / FILES[0], weights_as_bytes(state.model))
    write_bytes(folder / FILES[1], safetensors.torch.save(tensors))
    write_json(
        folder / "state.json",
        {
            "step": state.step,
            "seconds": state.seconds,
            "sha256": {name: sha256(folder / name) for name in FILES},
        },
    )


def _verified(folder: Path) -> tuple[int, float]:
    """Return a checkpoint's step and seconds, once every checksum fits."""
    try:
        record = read_json(folder / "state.json")
        step, seconds = int(record["step"]), float(record["seconds"])
        wanted = {name: record["sha256"][name] for name in FILES}
    except (KeyError, TypeError, ValueError) as error:  # UserErrors too
        raise _damaged(folder, "state.json") from error
    for name in FILES:
        path = folder / name
        if not path.is_file() or sha256(path) != wanted[name]:
            raise _damaged(folder, name)
    return step, seconds


def _damaged(folder: Path, name: str) -> UserError:
    return UserError(
        f"{folder / name} is damaged (it is not what was written): remove "
        f"{folder} to resume from the checkpoint before it"
    )
