"""`octavo quickstart` from end to end, on a small corpus for two steps."""

import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from octavo.training import Recipe
from octavo.training.memory import precision

from .conftest import Done

quickstart = import_module("octavo.cli.quickstart")
choose = import_module("octavo.training.dial.choose")


@pytest.fixture(scope="module")
def quick(octavo, corpus, tmp_path_factory) -> Done:
    """The whole thing; the folder's name would trip a careless shell."""
    out = tmp_path_factory.mktemp("runs") / "quick start"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quickstart, "CORPUS", str(corpus))
        patch.setattr(quickstart, "LINES", 3)
        patch.setattr(
            choose,
            "measure_speed",
            lambda recipe, *_: 9000 * (128 / recipe.model.width) ** 2,
        )
        patch.setattr(precision, "has_fast_bfloat16", lambda _: False)
        done = octavo("quickstart", "--minutes", 0.02, "--out", out,
                      "--seed", 5)  # fmt: skip
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def folder(quick):
    found = re.search(r"^The run: (.*)   its curve: (.*)$", quick.out, re.M)
    assert found[2] == f"{found[1]}/loss.png"
    return Path(found[1])


def test_it_says_what_it_reads_chooses_and_learns(quick):
    for said in (
        "9 documents to train on",
        "1 document held out, to measure with (play-3.txt)",
        "Learned a vocabulary of ",
        "size           tiny, 4 layers 128 wide: lowest expected loss in",
        "speed          9,000 tokens a second: measured",
        "tokens         1,999, ",
        "after 0 of 2 steps",
        "after 2 of 2 steps  held-out ",
    ):
        assert said in quick.err


def test_it_ends_with_verse_and_a_score(quick):
    out = quick.out.splitlines()
    assert out[:4] == ["", "3 lines by the model, from 'KING.\\n' on:", "",
                       "    KING."]  # fmt: skip
    verse = out[3 : out.index("", 4) if "" in out[4:] else None]
    assert len([line for line in verse if line.strip()]) >= 3
    score = re.search(r"On the held-out text: ([\d.]+) bits per byte "
                      r"\((\d+,\d+) bytes", quick.out)  # fmt: skip
    assert 1.5 < float(score[1]) < 8
    assert score[2] == "5,923"


def test_the_run_folder_is_whole(quick, folder):
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "config.json", "model.safetensors", "tokenizer.json", "recipe.toml",
        "metrics.jsonl", "samples.md", "loss.png", "tokens", "checkpoints",
    }  # fmt: skip
    training = Recipe.load(folder / "recipe.toml").training
    assert (training.prompt, training.seed) == ("KING.\n", 5)
    assert training.tokens == int(0.2 * 0.02 * 60 * 9000 / 1.08)
    status = json.loads((folder / "status.json").read_text("utf-8"))
    assert (status["step"], status["finished"]) == (2, True)


def test_the_next_commands_work_as_they_are_printed(quick, octavo, corpus):
    lines = [line.strip() for line in quick.out.splitlines()]
    commands = [shlex.split(line) for line in lines
                if line.startswith("octavo ")]  # fmt: skip
    assert [words[1] for words in commands] == ["generate", "evaluate",
                                                "train"]  # fmt: skip
    written = octavo(*commands[0][1:], "--tokens", 3)
    assert written.code == 0, written.err
    assert written.out.startswith("ROMEO.")
    judged = octavo(*commands[1][1:])
    assert judged.code == 0, judged.err
    assert "6-gram" in judged.out
    assert commands[2][2:4] == ["--corpus", str(corpus)]
    assert "--minutes" in commands[2]


def test_a_second_time_it_says_what_to_do(quick, folder, octavo):
    done = octavo("quickstart", "--out", folder)
    assert done.code == 2
    assert "is a run already: octavo train --resume" in done.err


def test_its_defaults_are_what_the_readme_says(octavo):
    text = octavo("quickstart", "--help").out
    assert "Train about this long." in text
    options = {o.name: o.default for o in quickstart.command.params}
    assert options["minutes"] == 2.0
    assert str(options["out"]) in {"runs/quickstart", "runs\\quickstart"}
    assert quickstart.LINES == 20
    assert quickstart.CORPUS == "shakespeare"
