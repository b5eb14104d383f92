"""Trains a recipe in one sitting and in two; prints what came out.

    python sittings.py ROOM

ROOM holds recipe.toml. The second sitting begins as another process may: in
one thread, with other random numbers.
"""

import json
import sys
from itertools import count
from pathlib import Path

import torch

from octavo.foundation.files import read_json, sha256
from octavo.training import Recipe, Run, prepare_from_recipe, train
from octavo.training.checkpoints import list_checkpoints


def found(run: Run) -> dict[str, str]:
    """Return a run's weights, by checksum, and the threads it recorded."""
    state = read_json(list_checkpoints(run.folder)[-1] / "state.json")
    return {
        "weights": sha256(run.folder / "model.safetensors"),
        "threads": state["surroundings"]["threads"],
    }


def main() -> None:
    room = Path(sys.argv[1])
    recipe = Recipe.load(room / "recipe.toml")
    whole = prepare_from_recipe(recipe, room / "whole")
    train(whole)
    parts = prepare_from_recipe(recipe, room / "parts")
    asked = count(1)
    train(parts, stop=lambda: next(asked) == 3)
    torch.set_num_threads(1)
    torch.manual_seed(99)
    train(parts)
    print(json.dumps([found(whole), found(parts)]))


if __name__ == "__main__":
    main()
