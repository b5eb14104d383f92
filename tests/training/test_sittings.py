"""A resumed run has the weights of a whole one, to the last bit."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from octavo.training import Recipe

SCRIPT = Path(__file__).with_name("sittings.py")


def sittings(room: Path, recipe: Recipe, threads: str) -> list[dict]:
    """Train in a process that begins with so many threads."""
    room.mkdir()
    recipe.save(room / "recipe.toml")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(room)],
        env=os.environ | {"OMP_NUM_THREADS": threads},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_two_threads_resume_to_the_last_bit(recipe, tmp_path):
    """With dropout and accumulation, whatever the threads at the start.

    The products are so large that two threads share them, and round in
    another way than one does.
    """
    model = replace(recipe.model, width=64, mlp_width=128, dropout=0.1)
    training = replace(
        recipe.training, threads=2, tokens=4 * 40 * 16, batch_size=40,
        accumulate=2, token_noise=0.1,
    )  # fmt: skip
    wanted = replace(recipe, model=model, training=training)
    one, two = (
        sittings(tmp_path / threads, wanted, threads) for threads in "12"
    )
    assert one == two
    whole, parts = one
    assert whole == parts
    assert whole["threads"] == "2"
