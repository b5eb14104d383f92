"""The run folder: what is read from it, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.training import Metrics, Run, load_trained
from octavo.training.run import (
    Status,
    read_rows,
    read_status,
    require_new_run,
    require_run,
    write_status,
)


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    return shutil.copytree(finished.folder, tmp_path / "copy")


def test_a_run_is_opened_with_all_its_parts(finished, recipe):
    run = Run.open(str(finished.folder))
    assert run.recipe.model == recipe.model
    assert run.recipe.training == recipe.training
    assert run.tokenizer.vocab_size == 270
    text = run.tokenizer.decode(run.train.ids.tolist())
    assert text.startswith("<|endoftext|>0 sheep and 0 lambs,\n1 sheep")
    held_out = run.tokenizer.decode(run.held_out.ids.tolist())
    assert held_out.endswith("\n99 sheep and 3 lambs,\n")
    assert run.finished


def test_what_is_no_run_says_so(tmp_path):
    with pytest.raises(
        UserError, match=r"no run folder .*absent; octavo t"
    ):
        require_run(tmp_path / "absent")
    with pytest.raises(UserError, match=r"it has no recipe\.toml"):
        require_run(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="no run folder"):
        require_run(tmp_path / "file")


def test_a_new_run_takes_no_runs_place(finished, tmp_path):
    require_new_run(tmp_path / "new")
    with pytest.raises(UserError, match=r"is a run already: .*--resume"):
        require_new_run(finished.folder)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="is not an empty folder"):
        require_new_run(tmp_path)


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "tokens/train.npy", "tokens/held_out.npy"]
)
def test_an_incomplete_run_names_what_is_missing(copy, name):
    (copy / name).unlink()
    with pytest.raises(UserError, match=f"{name} does not exist"):
        Run.open(copy)


def test_another_runs_tokenizer_is_noticed(copy):
    path = copy / "tokenizer.json"
    content = json.loads(path.read_bytes())
    content["pre_tokenizer"] = content["decoder"]
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="made with another tokenizer"):
        Run.open(copy)


def test_the_status_describes_the_weights(copy, finished):
    status = read_status(copy)
    assert (status.step, status.finished) == (24, True)
    assert status.describes(copy)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert not status.describes(copy)
    assert not replace(finished, folder=copy).finished
    with pytest.raises(UserError, match=r"safetensors is not what train"):
        load_trained(copy)
    write_status(copy, 24, finished=True)  # now they are what it says
    assert load_trained(copy).config.vocab_size == 270
    weights.unlink()
    assert not replace(finished, folder=copy).finished
    with pytest.raises(
        UserError, match=r"no trained weights yet: .*resume"
    ):
        load_trained(copy)


def test_without_a_status_a_run_is_at_its_start(copy):
    (copy / "status.json").unlink()
    assert read_status(copy) == Status()
    assert not Status().describes(copy)


GOOD = {"step": 3, "finished": False, "weights_sha256": "ab"}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        GOOD | {"step": "3"},
        GOOD | {"finished": 1},
        GOOD | {"step": True},
        GOOD | {"stage": "asleep"},
        {k: v for k, v in GOOD.items() if k != "finished"},
    ],
)
def test_an_unknown_status_is_refused(tmp_path, content):
    path = tmp_path / "status.json"
    path.write_text(json.dumps(GOOD))
    assert read_status(tmp_path).step == 3
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="another version of Octavo wrote"):
        read_status(tmp_path)
    path.write_text("{")
    with pytest.raises(UserError, match=r"status\.json is damaged"):
        read_status(tmp_path)


ROWS = [
    {"step": 0, "sample": "first"},
    {"step": 1, "loss": 5.0},
    {"step": 1, "held_out_glance": 3.5},
    {"step": 2, "loss": 4.0},
    {"step": 2, "sample": "zweite Zeile: é\nund 天"},
    {"step": 2, "final": {"bits_per_byte": 3.0}},
]


@pytest.fixture
def metrics(tmp_path) -> Metrics:
    metrics = Metrics.read(tmp_path)
    for row in ROWS:
        metrics.add(**row)
    metrics.flush()
    return metrics


def test_a_line_for_each_thing_recorded(tmp_path, metrics):
    lines = (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    assert Metrics.read(tmp_path).rows == ROWS
    assert metrics.of("loss") == [(1, 5.0), (2, 4.0)]
    assert metrics.of("absent") == []


def test_samples_are_there_to_read(tmp_path, metrics):
    assert (tmp_path / "samples.md").read_text("utf-8") == (
        "# What the model wrote as it learned\n"
        "\n## Step 0\n\n```text\nfirst\n```\n"
        "\n## Step 2\n\n```text\nzweite Zeile: é\nund 天\n```\n"
    )


@pytest.mark.parametrize(("step", "kept"), [(0, 0), (1, 3), (2, 5), (9, 5)])
def test_reopening_forgets_what_will_be_done_again(
    tmp_path, metrics, step, kept
):
    again = Metrics.reopen(tmp_path, step)
    assert again.rows == ROWS[:kept]
    assert Metrics.read(tmp_path).rows == ROWS[:kept]
    samples = (tmp_path / "samples.md").read_text("utf-8")
    assert samples.count("## Step") == len(again.of("sample"))


def test_a_last_line_torn_by_a_kill_is_left_out(tmp_path, metrics):
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()
    for torn in (b'{"step": 3, "lo', b"{", b'{"step": 3, "sample": "\xc3'):
        path.write_bytes(whole + torn)
        assert read_rows(path) == ROWS


@pytest.mark.parametrize(
    "line", [b"nonsense", b"[]", b'{"loss": 1}', b'{"step": "1"}', b"\xff"]
)
def test_damage_before_the_end_names_its_line(tmp_path, metrics, line):
    path = tmp_path / "metrics.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:3], line, *lines[3:]]))
    with pytest.raises(UserError, match=r"metrics\.jsonl, line 4, is dam"):
        read_rows(path)


def test_a_record_that_cannot_grow_says_so(tmp_path):
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(UserError, match=r"cannot write .*metrics\.jsonl"):
        Metrics(tmp_path, []).add(step=1, loss=1.0)
