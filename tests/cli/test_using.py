"""`octavo generate` and `evaluate`: what they print, to the letter."""

import json
import shutil

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from octavo.interop import load_model
from octavo.tokenizer import Tokenizer


def test_generate_writes_what_transformers_writes(run, octavo):
    """Greedy, within the context; up to where a document ends."""
    done = octavo("generate", run, "--prompt", "Corba lo", "--tokens", 20,
                  "--temperature", 0)  # fmt: skip
    tokenizer = AutoTokenizer.from_pretrained(run)
    model = AutoModelForCausalLM.from_pretrained(run)
    inputs = tokenizer("Corba lo", return_tensors="pt")
    ids = model.generate(
        inputs.input_ids,
        attention_mask=inputs.attention_mask,
        do_sample=False,
        temperature=None,
        top_k=None,
        max_new_tokens=20,
    )
    theirs = tokenizer.decode(ids[0], skip_special_tokens=True)
    assert done.out == theirs + "\n"


def test_options_of_sampling_are_obeyed(run, octavo):
    ask = ("generate", run, "--prompt", "Corba", "--tokens", 30)
    greedy = octavo(*ask, "--temperature", 0).out
    assert octavo(*ask, "--top-k", 1, "--seed", 5).out == greedy
    assert octavo(*ask, "--top-p", 1e-300, "--seed", 5).out == greedy
    assert octavo(*ask, "--temperature", 1e-300).out == greedy
    wild = octavo(*ask, "--temperature", 50, "--top-k", 0).out
    assert wild != greedy
    assert octavo(*ask, "--seed", 1).out != octavo(*ask, "--seed", 2).out


def test_it_stops_where_a_document_ends(run, octavo, monkeypatch):
    """A model that always says so, after a word."""
    tokenizer = Tokenizer.load(run)

    def write(_model, _ids, _tokens, _sampling, _seed, stop):
        assert stop == tokenizer.end_of_text
        return iter(tokenizer.encode(" lohu"))

    monkeypatch.setattr("octavo.cli.generate.generate", write)
    assert (
        octavo("generate", run, "--prompt", "Corba").out == "Corba lohu\n"
    )


def test_a_model_folder_that_is_no_run_writes_too(run, octavo, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(run / name, folder / name)
    ask = ("--prompt", "Corba", "--tokens", 10)
    assert octavo("generate", folder, *ask).out == (
        octavo("generate", run, *ask).out
    )


def test_bytes_that_are_no_text_are_shown_as_such(run, octavo):
    """Single bytes come often at random; a terminal gets none raw."""
    done = octavo("generate", run, "--prompt", "\n", "--tokens", 60,
                  "--temperature", 100, "--top-k", 0)  # fmt: skip
    assert "\ufffd" in done.out
    assert all(c.isprintable() or c in "\n\t" for c in done.out)
    assert done.raw.decode() == done.out


def test_the_prompt_is_as_long_as_one_likes(run, octavo):
    """What is written depends on the half that is read, and only on it."""
    text = "Corba lohu, bade fi. " * 40
    ids = Tokenizer.load(run).encode(text)[-16:]
    done = octavo("generate", run, "--prompt", text, "--tokens", 5,
                  "--temperature", 0)  # fmt: skip
    tail = Tokenizer.load(run).decode(ids)
    short = octavo("generate", run, "--prompt", tail, "--tokens", 5,
                   "--temperature", 0)  # fmt: skip
    assert short.err == ""
    assert done.out.removeprefix(text) == short.out.removeprefix(tail)
    assert load_model(run).config.context == 32


def test_the_table_holds_the_numbers_of_the_json(run, octavo):
    result = json.loads(
        octavo("evaluate", run, "--baselines", "--json").out
    )
    lines = octavo("evaluate", run, "--baselines").out.splitlines()
    assert lines[0] == (
        f"Held-out text of {result['corpus']}: {result['bytes']:,} bytes, "
        f"{result['tokens']:,} tokens"
    )
    names = [f"{order}-gram" for order in range(1, 7)] + ["this model"]
    rows = [*result["baselines"], result]
    for line, name, row in zip(lines[3:], names, rows, strict=True):
        assert line.startswith(name)
        assert line.removeprefix(name).split() == [
            f"{row['bits_per_byte']:.3f}",
            f"{row['nats_per_token']:.3f}",
            f"{row['perplexity']:,.1f}",
        ]
    assert result["run"] == str(run)


def test_the_field_of_a_corpus_is_asked_for(run, octavo, tmp_path):
    path = tmp_path / "a.jsonl"
    rows = (
        json.dumps({"body": f"Corba {n} lohu. " * 9}) for n in range(20)
    )
    path.write_text("\n".join(rows), "utf-8")
    done = octavo("evaluate", run, "--corpus", path, "--field", "body",
                  "--json")  # fmt: skip
    result = json.loads(done.out)
    assert result["corpus"] == str(path)
    assert result["bits_per_byte"] == pytest.approx(
        result["nats_per_token"] * result["tokens"] / result["bytes"]
        / 0.6931471805599453
    )  # fmt: skip
