"""`octavo inspect` on a run of the small corpus."""

import json
import shutil

import pytest
from safetensors import safe_open

from octavo.inspection import AttentionRecord, Evolution
from octavo.interop import load_model
from octavo.tokenizer import Tokenizer

TEXT = "Corba delfi, lohu.\nMunja ba"


def test_parts_are_what_is_shown_when_nothing_is_asked(run, octavo):
    done = octavo("inspect", run)
    assert done.code == 0, done.err
    assert done.out == octavo("inspect", run, "--parts").out
    model = load_model(run)
    lines = {
        line.split()[0]: line
        for line in done.out.splitlines()
        if line.strip()
    }
    assert f"{model.num_parameters():,}" in lines["all"]
    assert lines["attention.query"].split()[-3:] == [
        "16,384",
        "32,768",
        "16",
    ]
    assert lines["head"].split()[-3:-1] == ["0", f"{2 * 128 * 300:,}"]
    assert max(map(len, done.out.splitlines())) <= 80
    assert "in a window of 32" in done.out


def test_parts_are_json_for_programs(run, octavo):
    result = json.loads(octavo("inspect", run, "--json").out)
    assert result["parameters"] == load_model(run).num_parameters()
    assert result["context"] == 32
    for cost in ("parameters", "flops", "activations"):
        assert sum(p[cost] for p in result["parts"]) == result[cost]
    assert [p["block"] for p in result["parts"]].count(4) == 13
    # What the loss keeps: a float for each token and score, and a weight.
    assert result["parts"][-1]["activations"] == 32 * 300 * 4 + 4


def test_shapes_follow_a_sentence(run, octavo):
    done = octavo("inspect", run, "--shapes", TEXT)
    assert done.code == 0, done.err
    time = len(Tokenizer.load(run).encode(TEXT))
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0][0].startswith("C")
    assert ["ids", "B", "T", "1", str(time)] in [row[:5] for row in rows]
    weights = ["weights", *"BHTT", "1", "2", str(time), str(time)]
    assert weights in [row[:9] for row in rows]
    assert f"T time {time}, D width 128, H heads 2" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    steps = json.loads(
        octavo("inspect", run, "--shapes", TEXT, "--json").out
    )
    assert steps[-1]["tensor"] == "head"
    assert steps[-1]["shape"] == [1, time, 300]


@pytest.mark.parametrize(
    ("ending", "start"),
    [(".html", b"<!doctype"), (".png", b"\x89PNG"), (".svg", b"<?xml")],
)
def test_attention_is_drawn_by_the_ending(
    run, octavo, tmp_path, ending, start
):
    out = tmp_path / f"picture{ending}"
    done = octavo("inspect", run, "--attention", TEXT, "--out", out)
    assert (done.code, done.out) == (0, f"{out}\n"), done.err
    assert out.read_bytes().startswith(start)
    assert done.err == ""


def test_pictures_go_into_the_run_folder(run, octavo, tmp_path):
    copy = shutil.copytree(run, tmp_path / "run")
    done = octavo("inspect", copy, "--attention", TEXT)
    assert done.out == f"{copy / 'attention.html'}\n"
    done = octavo("inspect", copy, "--evolution")
    assert done.out == f"{copy / 'evolution.html'}\n"
    page = (copy / "evolution.html").read_text("utf-8")
    assert '"moments":["step 0","step 1",' in page
    assert '"step 60"]' in page


def test_a_long_text_loses_its_beginning_and_says_so(run, octavo, tmp_path):
    out = tmp_path / "a.html"
    long = TEXT * 5 + "!"
    done = octavo("inspect", run, "--attention", long, "--out", out)
    assert done.code == 0
    num_tokens = len(Tokenizer.load(run).encode(long))
    assert done.err == (
        f"octavo: the text is {num_tokens} tokens long; drawn: the last "
        "32\n"
    )
    data = out.read_text("utf-8").split('id="data">')[1].split("<")[0]
    assert len(json.loads(data)["labels"]) == 32
    assert json.loads(data)["pieces"][-1] == "!"


def test_training_keeps_a_dozen_moments_of_a_held_out_sentence(run):
    evolution = Evolution.read(run)
    assert evolution.steps == [0, 1, 2, 3, 5, 6, 9, 15, 24, 42, 60]
    assert evolution.weights.shape[1:3] == (4, 2)
    tokenizer, ids = Tokenizer.load(run), evolution.sentence.ids
    assert 24 <= len(ids) <= 32
    assert tokenizer.decode(ids) == evolution.sentence.text
    with safe_open(run / "attention.safetensors", "pt") as file:
        assert file.metadata() == {"sentence": evolution.sentence.text}
    model = load_model(run)
    record = AttentionRecord(run.parent, evolution.sentence)
    record.add(60, model)
    again = Evolution.read(run.parent).weights[0]
    assert (again == evolution.weights[-1]).all()


def test_nobody_looking_gives_the_same_weights(
    run, octavo, tmp_path, monkeypatch
):
    monkeypatch.setattr(AttentionRecord, "add", lambda *_: None)
    out = tmp_path / "unseen"
    done = octavo("train", "--recipe", run / "recipe.toml", "--out", out)
    assert done.code == 0, done.err
    assert not (out / "attention.safetensors").exists()
    weights = (out / "model.safetensors").read_bytes()
    assert weights == (run / "model.safetensors").read_bytes()


@pytest.mark.parametrize("ending", [".gif", ".png", ".svg"])
def test_evolution_is_drawn_by_the_ending(run, octavo, tmp_path, ending):
    out = tmp_path / f"film{ending}"
    done = octavo("inspect", run, "--evolution", "--out", out)
    assert (done.code, done.out) == (0, f"{out}\n"), done.err
    assert "11 moments, from step 0 to 60, of “" in done.err
    start = {".gif": b"GIF89a", ".png": b"\x89PNG", ".svg": b"<?xml"}[
        ending
    ]
    assert out.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--attention", ""), "the text is empty"),
        (("--shapes", ""), "the text is empty"),
        (("--shapes", TEXT * 9), "the model's context 32: give it fewer"),
        (("--attention", "\ud800"), "surrogate"),
        (("--attention", TEXT, "--out", "a.jpg"), "a.jpg: the ending must"),
        (("--attention", TEXT, "--out", "a.gif"), ".html, .png, .svg"),
        (("--evolution", "--out", "a"), "a: the ending must be one of"),
        (("--attention", TEXT, "--json"), "--json goes with --parts"),
        (("--evolution", "--json"), "--json goes with --parts"),
        (("--parts", "--out", "a.png"), "--out goes with --attention"),
        (("--parts", "--evolution"), "give one of --parts, --shapes"),
        (("--out", "a.png"), "--out goes with --attention"),
    ],
)
def test_bad_input_is_one_line(run, octavo, options, message):
    done = octavo("inspect", run, *options)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_runs_that_lack_something_say_what(run, octavo, tmp_path):
    absent = octavo("inspect", tmp_path / "absent")
    assert (absent.code, absent.err.count("\n")) == (2, 1)
    assert "absent" in absent.err
    old = shutil.copytree(run, tmp_path / "old")
    (old / "attention.safetensors").unlink()
    done = octavo("inspect", old, "--evolution")
    assert done.code == 2
    assert "old has no attention.safetensors" in done.err
    assert "train a run with this Octavo" in done.err
    (old / "attention.safetensors").write_bytes(b"damaged")
    done = octavo("inspect", old, "--evolution")
    assert done.code == 2
    assert "attention.safetensors is damaged" in done.err
    assert not list(old.glob("evolution.*"))
