"""`octavo train --backend numpy` and `jax`, from end to end."""

import json
import math
import sys

import pytest

from octavo.generation import generate
from octavo.interop import load_model

from .conftest import TRAINING


@pytest.fixture(scope="module", params=["numpy", "jax"])
def twin_run(request, octavo, corpus, tmp_path_factory):
    """A run of a few steps by a twin, and its backend's name."""
    out = tmp_path_factory.mktemp("runs") / request.param
    done = octavo("train", "--corpus", corpus, "--out", out, *TRAINING,
                  "--tokens", 24 * 128,
                  "--backend", request.param)  # fmt: skip
    assert done.code == 0, done.err
    assert f"AdamW alone, which the backend {request.param} has" in done.err
    return out, request.param


def rows(run) -> list[dict]:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_twins_run_learns_and_is_like_any_other(twin_run, octavo):
    run, backend = twin_run
    losses = [row["loss"] for row in rows(run) if "loss" in row]
    assert len(losses) == 24
    assert losses[0] == pytest.approx(math.log(300), rel=0.1)
    assert losses[-1] < 0.8 * losses[0]
    recipe = (run / "recipe.toml").read_text("utf-8")
    assert f'backend = "{backend}"' in recipe
    # The score is torch's, of the weights in the folder.
    scored = json.loads(octavo("evaluate", run, "--json").out)
    final = rows(run)[-1]["final"]["bits_per_byte"]
    assert scored["bits_per_byte"] == pytest.approx(final, rel=1e-6)
    assert len(list(generate(load_model(run), [1], 5))) == 5


def test_a_recipe_repeats_a_twins_run_byte_for_byte(
    twin_run, octavo, tmp_path
):
    run, _ = twin_run
    done = octavo("train", "--recipe", run / "recipe.toml",
                  "--out", tmp_path / "again")  # fmt: skip
    assert done.code == 0, done.err
    for name in ("model.safetensors", "samples.md"):
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (run / name).read_bytes(), name


def test_backends_that_are_unknown_or_absent_say_what_to_do(
    octavo, corpus, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    start = ("train", "--corpus", corpus, "--out", out, "--tokens", 500)
    done = octavo(*start, "--backend", "nunpy")
    assert (done.code, out.exists()) == (2, False)
    assert 'unknown backend: "nunpy"; did you mean "numpy"?' in done.err
    monkeypatch.setitem(sys.modules, "jax", None)
    done = octavo(*start, "--backend", "jax")
    assert (done.code, out.exists()) == (2, False)
    line = done.err.strip()
    assert line == "octavo: JAX is not installed: pip install jax"
