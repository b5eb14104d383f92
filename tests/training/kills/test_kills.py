"""Ended at any change to the disk, or any moment, it goes on the same.

And where the disk was full from a change on, it says so in one line.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("harness.py")
STEPS = 4


@pytest.fixture
def room(recipe, tmp_path) -> Path:
    """A folder with a recipe that leaves much to chance."""
    training = replace(
        recipe.training, tokens=STEPS * 4 * 16, accumulate=2,
        token_noise=0.1,
    )  # fmt: skip
    model = replace(recipe.model, dropout=0.1)
    wanted = replace(recipe, model=model, training=training)
    wanted.save(tmp_path / "recipe.toml")
    return tmp_path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX processes")
@pytest.mark.parametrize(
    ("every", "moments", "full"),
    [
        pytest.param(61, 4, 97, id="some"),
        pytest.param(1, 50, 1, id="all", marks=pytest.mark.slow),
    ],
)
def test_killed_and_gone_on_is_never_killed(room, every, moments, full):
    command = [sys.executable, str(HARNESS), str(room)]
    command += ["--every", str(every), "--moments", str(moments)]
    command += ["--full", str(full)]
    process = subprocess.run(command, capture_output=True, check=False)
    assert process.returncode == 0, process.stderr.decode()
    found = json.loads(process.stdout)
    assert found["failures"] == []
    # All else gets its name when it is whole.
    assert found["final_names"] == [".lock", "metrics.jsonl"]
    assert found["changes"] > 500
    where = found["moments"]
    assert sum(where.values()) == moments
    if moments == 50:
        phases = {"making", "looking", "saving", "judging"}
        assert phases <= where.keys()
