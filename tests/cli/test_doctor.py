"""`octavo doctor`: what it prints, and what it refuses."""

import json
import re
import shlex
import shutil
from importlib import import_module

import pytest

from octavo.foundation.locks import only_one
from octavo.training import Recipe, prepare_from_recipe
from octavo.training.doctor import SYMPTOMS

from .conftest import bad, verses


@pytest.fixture(scope="module")
def timid(short, tmp_path_factory):
    """A run that has not begun, whose context is far too long."""
    folder = tmp_path_factory.mktemp("timid")
    lines = verses(1200, seed=1).splitlines()
    rows = [json.dumps({"text": line[:20]}) for line in lines]
    corpus = folder / "a.jsonl"
    corpus.write_text("\n".join(rows))
    recipe = Recipe.load(short / "recipe.toml").changed(
        [f"data.corpus={corpus}", "data.fingerprint=", "model.width=32",
         "model.num_layers=1", "training.tokens=3840"]
    )  # fmt: skip
    return prepare_from_recipe(recipe, folder / "my run").folder


def test_a_finding_says_what_why_and_what_to_try(octavo, timid):
    done = octavo("doctor", timid)
    assert done.code == 0, done.err
    assert "not begun: 0 of 30 steps" in done.out
    assert "Context longer than the documents\n  seen  half of" in done.out
    assert "\n  why   A window holds many documents" in done.out
    assert "\n  try   Take a shorter context" in done.out


def test_the_command_can_be_pasted(octavo, timid, monkeypatch):
    """Also where the folder's name needs quotes; and it is the cure."""
    result = json.loads(octavo("doctor", timid, "--json").out)
    commands = {
        row["symptom"]: row["command"] for row in result["findings"]
    }
    command = commands["context longer than the documents"]
    assert f"\n        {command}\n" in octavo("doctor", timid).out
    _, verb, *arguments = shlex.split(command)
    done = octavo(verb, *arguments)
    assert done.code == 0, done.err
    again = octavo("doctor", timid.with_name("my run-2")).out
    assert "Context longer" not in again
    assert "finished: 30 of 30 steps" in again
    # The name is taken now, and another one suggested.
    assert "my run-3'" in octavo("doctor", timid).out


def test_nothing_wrong_names_what_was_looked_for(octavo, run, monkeypatch):
    monkeypatch.setattr(
        "octavo.training.doctor.diagnosis.SYMPTOMS", SYMPTOMS[:2]
    )
    done = octavo("doctor", run)
    assert "\nNothing wrong was found.\n" in done.out
    assert "finished: 60 of 60 steps" in done.out
    assert "on all of the held-out text" in done.out
    result = json.loads(octavo("doctor", run, "--json").out)
    assert (result["healthy"], result["findings"]) == (True, [])


def test_a_run_that_others_are_at_work_on_is_read(octavo, run):
    status = run / "status.json"
    content = status.read_bytes()
    status.unlink()
    try:
        with only_one(run):
            assert "at work: 60 of 60" in octavo("doctor", run).out
        assert "stopped (octavo train --resume" in octavo("doctor", run).out
    finally:
        status.write_bytes(content)


def test_the_table_is_printed_in_three_ways(octavo):
    plain = octavo("doctor", "--table").out
    markdown = octavo("doctor", "--markdown").out.splitlines()
    rows = json.loads(octavo("doctor", "--table", "--json").out)
    assert len(rows) == len(SYMPTOMS) == len(markdown) - 2
    for row, line in zip(rows, markdown[2:], strict=True):
        assert row["symptom"] in plain.lower()
        assert line.count("|") == 5
        assert row["seen"] in line
        assert f"`{row['command']}`" in line


@pytest.mark.parametrize("row", SYMPTOMS, ids=lambda row: row.name)
def test_a_rows_command_is_one_that_octavo_knows(row):
    words = re.sub(r"\{\w+\}", "1", row.command)
    _, verb, *rest = shlex.split(words)
    command = import_module(f"octavo.cli.{verb}").command
    if verb == "corpus":
        name, *rest = rest
        command = command.commands[name]
    command.make_context(verb, rest)


def test_a_sweep_prints_rates_and_draws_them(octavo, timid, monkeypatch):
    monkeypatch.setattr("octavo.training.doctor.sweep.FEWEST_STEPS", 10)
    monkeypatch.setattr(
        "octavo.training.doctor.sweep.TIMES", (1.0, 2.0, 0.5)
    )
    done = octavo("doctor", timid, "--sweep", "--tokens", 128 * 10)
    assert done.code == 0, done.err
    head, *rows = done.out.split("\n\n")[1].splitlines()
    assert head.split() == [
        "matrices",
        "all",
        "else",
        "bits",
        "per",
        "byte",
    ]
    assert len(rows) == 3
    first = [float(row.split()[0]) for row in rows]
    assert first == sorted(first)
    assert first[1] == pytest.approx(0.02, rel=0.1)
    assert "the recipe's" in rows[1]
    assert sum("best" in row for row in rows) == 1
    assert "In trainings this short, " in done.out
    assert "\nContext longer than the documents\n" in done.out
    assert (timid / "sweep.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads(octavo("doctor", timid, "--json").out)
    assert content["sweep"]["tokens"] == 1280
    assert len(content["sweep"]["bits_per_byte"]) == 3


def test_a_sweeps_options_go_with_it(octavo, timid):
    for option in ("--minutes", "--tokens"):
        line = bad(octavo("doctor", timid, option, 1))
        assert "--minutes and --tokens go with --sweep" in line
    both = "--sweep", "--minutes", 1, "--tokens", 1
    assert "minutes or tokens, not both" in bad(
        octavo("doctor", timid, *both)
    )
    for wrong in (("--minutes", 0), ("--tokens", -1), ("--minutes", "nan")):
        line = bad(octavo("doctor", timid, "--sweep", *wrong))
        assert "it must be above 0" in line


def test_what_cannot_be_read_is_one_line(octavo, run, tmp_path):
    assert "no run folder" in bad(octavo("doctor", tmp_path / "absent"))
    assert "or --table" in bad(octavo("doctor"))
    assert "or --table" in bad(octavo("doctor", run, "--table"))
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / "metrics.jsonl").write_bytes(b"nonsense\n{}\n")
    assert "metrics.jsonl, line 1, is damaged" in bad(
        octavo("doctor", copy)
    )
