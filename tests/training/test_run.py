"""The run folder: what is read from it, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.foundation.checksums import changed, write_sealed
from octavo.training import Run, load_trained
from octavo.training.run import (
    WRITTEN,
    Status,
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
    with pytest.raises(UserError, match=r"tokenizer\.json is not what was"):
        Run.open(copy)
    (copy / "checksums.json").unlink()  # "if that is meant, remove ..."
    with pytest.raises(UserError, match="made with another tokenizer"):
        Run.open(copy)


def test_the_status_describes_the_weights(copy, finished):
    status = read_status(copy)
    assert (status.step, status.finished) == (24, True)
    assert changed(copy, status.sha256) == []
    assert set(status.sha256) == set(WRITTEN)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert changed(copy, status.sha256) == ["model.safetensors"]
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


def test_without_a_status_a_run_is_at_its_start(copy, finished):
    (copy / "status.json").unlink()
    assert read_status(copy) == Status()
    assert not replace(finished, folder=copy).finished


GOOD = {"step": 3, "finished": False, "sha256": {"a": "b"}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"step": 3, "finished": false, "weights_sha256": "ab"}',
        GOOD | {"stage": "asleep"},
    ],
)
def test_an_unknown_status_is_refused(tmp_path, content):
    path = tmp_path / "status.json"
    write_sealed(path, GOOD)
    assert read_status(tmp_path) == Status(**GOOD)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:  # of a later version, say
        write_sealed(path, content)
    with pytest.raises(UserError, match="another version of Octavo wrote"):
        read_status(tmp_path)
