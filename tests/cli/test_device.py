"""Devices by name, on a machine that has none but its CPU."""

import pytest

from .conftest import bad


@pytest.mark.parametrize("verb", ["train", "generate", "evaluate"])
def test_a_device_that_is_not_here(verb, octavo, run, corpus, tmp_path):
    given = {"train": ("--corpus", corpus, "--out", tmp_path / "new")}
    arguments = given.get(verb, (run,))
    line = bad(octavo(verb, *arguments, "--device", "cuda"))
    assert "PyTorch finds no cuda device here: take the CPU" in line
    line = bad(octavo(verb, *arguments, "--device", "gpu"))
    assert 'unknown device "gpu"' in line or '"gpu"' in line
    assert not (tmp_path / "new").exists()


def test_auto_is_decided_before_the_recipe_is_written(run, octavo):
    text = (run / "recipe.toml").read_text("utf-8")
    assert '\ndevice = "cpu"\n' in text
    same = [
        octavo("generate", run, "--tokens", 5, "--device", device).out
        for device in ("auto", "cpu")
    ]
    assert same[0] == same[1] != ""
