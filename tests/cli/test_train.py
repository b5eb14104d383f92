"""`octavo train`, `generate` and `evaluate`, from end to end."""

import json
import math
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from octavo.interop import load_model
from octavo.tokenizer import Tokenizer
from octavo.training import Recipe

from .conftest import TRAINING, command_line, verses

STEPS = 60


def rows(run: Path) -> list[dict]:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_run_learns_and_leaves_its_records(run):
    losses = [row["loss"] for row in rows(run) if "loss" in row]
    assert len(losses) == STEPS
    assert losses[0] == pytest.approx(math.log(300), rel=0.1)
    assert losses[-1] < 0.6 * losses[0]
    final = rows(run)[-1]["final"]
    assert final["bits_per_byte"] < 2.0
    samples = (run / "samples.md").read_text("utf-8")
    assert samples.count("## Step ") == 5
    assert "## Step 60" in samples
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    status = json.loads((run / "status.json").read_text("utf-8"))
    assert (status["step"], status["finished"]) == (STEPS, True)
    assert not list(run.rglob("*.part"))


def test_transformers_reads_the_run_as_it_is(run):
    theirs = AutoModelForCausalLM.from_pretrained(run)
    tokenizer = AutoTokenizer.from_pretrained(run)
    text = "Corfi bade  kelmun,\nand 1234 naïve 🌹 fools."
    ours = Tokenizer.load(run / "tokenizer.json")
    ids = ours.encode(text)
    assert tokenizer(text)["input_ids"] == ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.eos_token == "<|endoftext|>"
    batch = torch.tensor([ids[:32]])
    with torch.no_grad():
        torch.testing.assert_close(
            theirs(batch).logits, load_model(run)(batch), atol=1e-4, rtol=0
        )


def test_transformers_gives_the_same_bits_per_byte(run, corpus, octavo):
    """The measure, computed anew from its definition in DESIGN."""
    ours = json.loads(octavo("evaluate", run, "--json").out)
    model = AutoModelForCausalLM.from_pretrained(run)
    tokenizer = AutoTokenizer.from_pretrained(run)
    names = json.loads((run / "tokens" / "held_out.npy.json").read_text())
    nats, num_bytes, num_tokens = 0.0, 0, 0
    for document in names["documents"]:
        text = (corpus / document["name"]).read_text("utf-8")
        ids = [tokenizer.eos_token_id, *tokenizer(text)["input_ids"]]
        for start in range(0, len(ids) - 1, 32):
            window = torch.tensor([ids[start : start + 33]])
            with torch.no_grad():
                logits = model(window[:, :-1]).logits
            nats += torch.nn.functional.cross_entropy(
                logits[0], window[0, 1:], reduction="sum"
            ).item()
            num_tokens += window.shape[1] - 1
        num_bytes += len(text.encode())
    assert ours["bytes"] == num_bytes
    assert ours["tokens"] == num_tokens
    bits = nats / math.log(2) / num_bytes
    assert ours["bits_per_byte"] == pytest.approx(bits, rel=1e-5)
    assert ours["nats_per_token"] == pytest.approx(nats / num_tokens, 1e-5)
    assert ours["perplexity"] == pytest.approx(
        math.exp(nats / num_tokens), 1e-4
    )
    final = rows(run)[-1]["final"]
    assert final["bits_per_byte"] == pytest.approx(bits, rel=1e-5)


def test_baselines_stand_beside_the_model(run, octavo):
    result = json.loads(
        octavo("evaluate", run, "--baselines", "--json").out
    )
    orders = [row["order"] for row in result["baselines"]]
    assert orders == [1, 2, 3, 4, 5, 6]
    unigram, *longer = [row["bits_per_byte"] for row in result["baselines"]]
    assert all(bits < unigram for bits in longer)
    assert result["baselines"][0]["tokens"] == result["tokens"]
    assert result["baselines"][0]["bytes"] == result["bytes"]
    table = octavo("evaluate", run, "--baselines").out
    assert "6-gram" in table
    assert f"{result['bits_per_byte']:.3f}" in table


def test_another_corpus_can_be_the_judge(run, octavo, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(verses(200, seed=99), "utf-8")
    result = json.loads(
        octavo("evaluate", run, "--corpus", other, "--json").out
    )
    # The last tenth of the lines is held out, and scored.
    assert result["bytes"] == pytest.approx(other.stat().st_size / 10, 0.1)
    assert result["bits_per_byte"] < 2.0


def test_generation_streams_the_seeds_own_text(run, octavo):
    first = octavo("generate", run, "--prompt", "Corba", "--tokens", 40,
                   "--seed", 3)  # fmt: skip
    assert first.code == 0
    assert first.out.startswith("Corba")
    assert first.out == octavo(
        "generate", run, "--prompt", "Corba", "--tokens", 40, "--seed", 3
    ).out  # fmt: skip
    greedy = octavo("generate", run, "--prompt", "Corba",
                    "--temperature", 0, "--tokens", 20)  # fmt: skip
    tokenizer = Tokenizer.load(run / "tokenizer.json")
    model = load_model(run)
    ids = tokenizer.encode("Corba")
    for _ in range(20):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    assert greedy.out == tokenizer.decode(ids) + "\n"


def test_a_prompt_beyond_the_context_works_and_says_so(run, octavo):
    done = octavo("generate", run, "--prompt", "Corba lohu, bade fi. " * 40,
                  "--tokens", 5)  # fmt: skip
    assert done.code == 0
    assert re.search(
        r"the prompt is \d+ tokens long and the model sees 32: it reads "
        r"the last 16",
        done.err,
    )
    assert done.out.startswith("Corba lohu, bade fi. " * 40)


def test_resuming_a_finished_run_says_so(run, octavo):
    before = (run / "model.safetensors").stat().st_mtime_ns
    done = octavo("train", "--resume", run)
    assert done.code == 0
    assert "is finished" in done.err
    assert (run / "model.safetensors").stat().st_mtime_ns == before


def test_resuming_a_finished_run_prints_its_recorded_score(run, octavo):
    (final,) = (row["final"] for row in rows(run) if "final" in row)
    done = octavo("train", "--resume", run, "--json")
    assert done.code == 0, done.err
    printed = json.loads(done.out)
    assert printed.pop("run") == str(run)
    assert printed == pytest.approx(final, rel=1e-12)


@pytest.mark.parametrize(
    ("option", "decided"), [((), "stop"), (("--on-nan", "skip"), "skip")]
)
def test_who_resumes_may_leave_bad_batches_out(
    run, octavo, monkeypatch, option, decided
):
    seen = []
    monkeypatch.setattr(
        "octavo.cli.train.train_or_pause",
        lambda run, *_: seen.append(run.recipe.training.on_nan),
    )
    assert octavo("train", "--resume", run, *option).code == 0
    assert seen == [decided]


def test_a_recipe_repeats_a_run_byte_for_byte(run, octavo, tmp_path):
    done = octavo("train", "--recipe", run / "recipe.toml",
                  "--out", tmp_path / "again")  # fmt: skip
    assert done.code == 0, done.err
    for name in (
        "model.safetensors", "tokenizer.json", "samples.md",
        "attention.safetensors",
    ):  # fmt: skip
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (run / name).read_bytes(), name


def test_a_recipe_is_repeated_with_changes(short, octavo, tmp_path):
    done = octavo(
        "train", "--recipe", short / "recipe.toml", "--out",
        tmp_path / "run", "--set", "training.tokens=256",
        "--set", "training.other_learning_rate=0.005",
    )  # fmt: skip
    assert done.code == 0, done.err
    first = Recipe.load(short / "recipe.toml")
    training = replace(
        first.training, tokens=256, other_learning_rate=0.005
    )
    changed = replace(first, training=training)
    assert Recipe.load(tmp_path / "run" / "recipe.toml") == changed


GPT2 = {"norm": "layer", "positions": "learned", "qk_norm": False,
        "mlp": "gelu", "bias": True}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "kind"),
    [(GPT2, "gpt2"), (GPT2 | {"positions": "sinusoidal"}, "octavo")],
)
def test_a_recipe_may_ask_for_another_architecture(
    run, octavo, settings, kind, tmp_path
):
    recipe = Recipe.load(run / "recipe.toml")
    model = replace(recipe.model, **settings)
    replace(recipe, model=model).save(tmp_path / "recipe.toml")
    out = tmp_path / "out"
    done = octavo("train", "--recipe", tmp_path / "recipe.toml",
                  "--out", out)  # fmt: skip
    assert done.code == 0, done.err
    said = "Only Octavo can read what comes out: no Hugging Face arch"
    assert (said in done.err) == (kind == "octavo")
    content = json.loads((out / "config.json").read_text("utf-8"))
    assert content["model_type"] == kind
    assert load_model(out).config == model
    score = json.loads(octavo("evaluate", out, "--json").out)
    assert score["bits_per_byte"] < 2.5
    assert octavo("generate", out, "--prompt", "Corba").code == 0
    if kind == "gpt2":
        theirs = AutoModelForCausalLM.from_pretrained(out)
        ids = torch.randint(300, (1, 32))
        with torch.no_grad():
            torch.testing.assert_close(
                theirs(ids).logits, load_model(out)(ids), atol=1e-4, rtol=0
            )


@pytest.mark.parametrize("how", [signal.SIGINT, getattr(
    signal, "SIGKILL", signal.SIGTERM)])  # fmt: skip
def test_stopped_or_killed_and_resumed_gives_the_same_weights(
    how, run, octavo, tmp_path
):
    out = tmp_path / "stopped"
    process = subprocess.Popen(
        command_line(
            "train", "--recipe", run / "recipe.toml", "--out", out
        ),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        encoding="utf-8",
    )
    metrics = out / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if metrics.is_file() and metrics.read_bytes().count(b"loss") > 15:
            break
        time.sleep(0.02)
    process.send_signal(how)
    _, err = process.communicate(timeout=120)
    if how == signal.SIGINT:
        assert process.returncode == 0, err
        assert f"octavo train --resume {out}" in err
    assert not json.loads(
        octavo("train", "--resume", out, "--json").out or "{}"
    ).get("error")
    assert load_file(out / "model.safetensors").keys()
    for name in (
        "model.safetensors",
        "samples.md",
        "attention.safetensors",
    ):
        assert (out / name).read_bytes() == (run / name).read_bytes()
    losses = [
        [row["loss"] for row in rows(folder) if "loss" in row]
        for folder in (run, out)
    ]
    assert losses[0] == losses[1]


def test_the_bytes_vocabulary_trains(octavo, corpus, tmp_path):
    done = octavo("train", "--corpus", corpus, "--out", tmp_path / "run",
                  "--tokens", 512, "--tokenizer", "bytes", "--json",
                  "--context", 32, "--batch-size", 4)  # fmt: skip
    assert done.code == 0, done.err
    result = json.loads(done.out)
    # The first byte is context only; every other one is a token.
    assert result["tokens"] == result["bytes"]
    assert result["bits_per_byte"] == pytest.approx(
        result["nats_per_token"] / math.log(2)
    )


def test_minutes_become_a_budget(octavo, corpus, tmp_path):
    out = tmp_path / "run"
    done = octavo("train", "--corpus", corpus, "--out", out,
                  "--minutes", 0.05, *TRAINING)  # fmt: skip
    assert done.code == 0, done.err
    assert "speed times 0.05 min, less " in done.err
    assert "bits per byte" in done.out
