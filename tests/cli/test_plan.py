"""`octavo plan`: what a run would take and bring, before it is made."""

import json
import re
from importlib import import_module

import pytest

from octavo.training import Recipe
from octavo.training.memory import precision

choose = import_module("octavo.training.dial.choose")


@pytest.fixture(autouse=True)
def speeds(monkeypatch):
    """A thousand tokens a second, and ten times that in judging."""
    monkeypatch.setattr(choose, "measure_speed", lambda *_: 1000.0)
    monkeypatch.setattr(choose, "measure_judging", lambda *_: 1e4)
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda _: False)


def test_tokens_become_minutes(octavo, corpus):
    done = octavo("plan", "--corpus", corpus, "--size", "small",
                  "--tokens", 300_000)  # fmt: skip
    assert done.code == 0, done.err
    assert (
        "size           small, 4 layers 192 wide: as you asked" in done.out
    )
    assert "steps 300 s, looks 24 s" in done.out
    assert "time     5.5 minutes" in done.out
    assert "bits per byte" in done.out


def test_minutes_become_tokens_and_a_size(octavo, corpus):
    done = octavo("plan", "--corpus", corpus, "--minutes", 2)
    assert done.code == 0, done.err
    assert "speed          1,000 tokens a second: measured" in done.out
    assert "The sizes that were weighed:" in done.out
    assert "time     2.0 minutes" in done.out


def test_a_plan_is_what_training_would_do(octavo, corpus, tmp_path):
    asked = ("--corpus", corpus, "--tokens", 64, "--context", 32,
             "--batch-size", 2, "--seed", 4)  # fmt: skip
    planned = json.loads(octavo("plan", *asked, "--json").out)
    done = octavo("train", *asked, "--out", tmp_path / "run")
    assert done.code == 0, done.err
    recipe = Recipe.load(tmp_path / "run" / "recipe.toml")
    assert planned["recipe"]["training"] == vars(recipe.training)
    assert planned["recipe"]["model"] == vars(recipe.model)
    assert 5e7 < planned["memory"] < 1e11
    assert planned["times"]["steps"] == pytest.approx(0.064)
    assert f"{planned['bits_per_byte']:.2f} bits per byte" in done.err


TECHNIQUES = ("--precision", "bfloat16-saved", "--accumulate", 2,
              "--checkpoint-activations", "--loss-chunk", 16)  # fmt: skip
KEPT = {"precision": "bfloat16-saved", "accumulate": 2,
        "checkpoint_activations": True, "loss_chunk": 16}  # fmt: skip


def test_techniques_have_options(octavo, corpus, tmp_path):
    """As part of a wish, and as changes to a recipe."""
    asked = ("--corpus", corpus, "--tokens", 64, "--context", 32,
             "--batch-size", 2)  # fmt: skip
    planned = json.loads(octavo("plan", *asked, *TECHNIQUES, "--json").out)
    assert planned["recipe"]["training"].items() >= KEPT.items()
    first, second = tmp_path / "first", tmp_path / "second"
    done = octavo("train", *asked, "--out", first)
    assert done.code == 0, done.err
    done = octavo("train", "--recipe", first / "recipe.toml", *TECHNIQUES,
                  "--out", second)  # fmt: skip
    assert done.code == 0, done.err
    training = Recipe.load(second / "recipe.toml").training
    assert vars(training) == planned["recipe"]["training"]


@pytest.mark.parametrize("fast", [False, True])
def test_a_recipes_precision_can_be_the_fastest_here(
    octavo, corpus, tmp_path, monkeypatch, fast
):
    first, second = tmp_path / "first", tmp_path / "second"
    octavo("train", "--corpus", corpus, "--tokens", 64, "--context", 32,
           "--precision", "bfloat16-saved", "--out", first)  # fmt: skip
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda _: fast)
    done = octavo("train", "--recipe", first / "recipe.toml", "--precision",
                  "auto", "--out", second)  # fmt: skip
    assert done.code == 0, done.err
    found = Recipe.load(second / "recipe.toml").training.precision
    assert found == ("bfloat16" if fast else "float32")


def test_a_twins_memory_is_not_known(octavo, corpus):
    done = octavo("plan", "--corpus", corpus, "--tokens", 64,
                  "--context", 32, "--backend", "numpy")  # fmt: skip
    assert done.code == 0, done.err
    assert re.search("memory +unknown +only PyTorch's on the CPU", done.out)


def test_the_weighing_is_shown_if_asked_for(octavo, corpus, tmp_path):
    done = octavo("train", "--corpus", corpus, "--out", tmp_path / "run",
                  "--minutes", 1e-6, "--context", 16,
                  "--explain")  # fmt: skip
    assert done.code == 0, done.err
    assert "expected bits/byte" in done.err
    assert "lowest" in done.err


def test_a_corpus_is_needed(octavo):
    done = octavo("plan", "--minutes", 2)
    assert done.code == 2
    assert "give --corpus" in done.err


def test_a_memory_limit_is_kept(octavo, corpus, tmp_path):
    asked = ("--corpus", corpus, "--tokens", 64, "--context", 32,
             "--batch-size", 32)  # fmt: skip
    memory = json.loads(octavo("plan", *asked, "--json").out)["memory"]
    limit = ("--memory-limit", f"{int(1.2 * memory) // 10**6}MB")
    first, second = tmp_path / "first", tmp_path / "second"
    done = octavo("train", *asked, *limit, "--out", first)
    assert done.code == 0, done.err
    assert "to fit in it   accumulate = 2: a batch in parts" in done.err
    recipe = Recipe.load(first / "recipe.toml")
    assert recipe.training.accumulate == 2
    done = octavo("train", "--recipe", first / "recipe.toml",
                  "--set", "training.accumulate=1", *limit,
                  "--out", second)  # fmt: skip
    assert done.code == 0, done.err
    assert "to fit in it   accumulate = 2" in done.err
    assert Recipe.load(second / "recipe.toml") == recipe


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--memory-limit", "4 gigs"), '"4 gigs" is no size above zero'),
        (("--memory-limit", "9MB"), "the least that would do is"),
        (
            ("--memory-limit", "4GiB", "--backend", "numpy"),
            "and this is numpy on cpu",
        ),
        (
            ("--memory-limit", "4GiB", "--resume", "run"),
            "--memory-limit does not go with --resume",
        ),
    ],
)
def test_a_limit_that_cannot_be_kept(
    octavo, corpus, tmp_path, options, said
):
    out = tmp_path / "run"
    start = ("--corpus", corpus, "--tokens", 64, "--out", out)
    if "--resume" in options:
        start = ()
    done = octavo("train", *start, *options)
    assert done.code == 2
    assert said in done.err
    assert not out.exists()
