"""Every row of the table is provoked in a small run, and found alone."""

import json
import math
import random
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer
from octavo.training import Watcher, train
from octavo.training.backends import TorchBackend
from octavo.training.doctor import SYMPTOMS, diagnose
from octavo.training.doctor.evidence import Evidence
from octavo.training.track import Track, curve_of

from ...verses import verses
from .conftest import MACHINE, Example, found

LONGER = "training.tokens=76800"


@pytest.fixture
def file(tmp_path) -> Callable[[str, str], str]:
    """Write a text; return the setting that makes it the corpus."""

    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, "utf-8")
        return f"data.corpus={tmp_path / name}"

    return write


def copy(here: Path, there: Path, but: tuple[str, ...]) -> None:
    """Make a run's folder again, without some of its files."""
    there.mkdir()
    for path in here.iterdir():
        if path.name not in but:
            (there / path.name).symlink_to(path)


def rates(times: float) -> tuple[str, str]:
    """The sound recipe's learning rates, so many times as high."""
    return (
        f"training.matrix_learning_rate={0.02 * times}",
        f"training.other_learning_rate={0.01 * times}",
    )


def test_a_sound_run_is_well(trained, symptoms):
    assert symptoms(trained()) == []


def test_so_is_one_that_has_not_begun(prepared, symptoms):
    assert symptoms(prepared()) == []


def test_a_loss_that_is_no_number(prepared, symptoms, monkeypatch):
    run, loss = prepared(), TorchBackend.loss
    calls = iter(range(1000))

    def broken(self, *batch) -> float:
        """Compute like a machine that fails at the twentieth step."""
        right = loss(self, *batch)
        return math.nan if next(calls) == 20 else right

    monkeypatch.setattr(TorchBackend, "loss", broken)
    with pytest.raises(UserError, match="nan"):
        train(run)
    assert symptoms(run) == ["the loss is no number"]


def test_steps_that_are_far_too_small(trained, symptoms):
    assert symptoms(trained(*rates(1e-4))) == ["the loss does not fall"]


def test_a_text_without_a_pattern(trained, symptoms, file):
    random_letters = random.Random(0).choices("abcdefghijklmnop", k=30_000)
    corpus = file("noise.txt", "".join(random_letters))
    run = trained(corpus, "data.tokenizer=bytes", "model.vocab_size=256")
    assert symptoms(run) == ["the loss does not fall"]


def cure(run) -> list[str]:
    """Return what the only finding's command would set."""
    (finding,) = diagnose(run.folder, MACHINE).findings
    words = pairwise(shlex.split(finding.command))
    return [word for before, word in words if before == "--set"]


def test_a_learning_rate_that_is_too_high(trained, symptoms):
    run = trained(*rates(100))
    assert symptoms(run) == ["learning rate too high"]
    assert symptoms(trained(*cure(run))) == []


def test_a_learning_rate_that_is_too_low(trained, symptoms):
    run = trained(*rates(0.1))
    assert symptoms(run) == ["learning rate too low"]
    assert symptoms(trained(*cure(run))) == []


def test_a_loss_that_rises_again(trained, tmp_path):
    """A record with a bump in it, half way."""
    run = trained()
    rows = (run.folder / "metrics.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(row) for row in rows]
    for row in rows:
        if "loss" in row and 100 < row["step"] <= 130:
            row["loss"] += 0.5
    but = ("metrics.jsonl", "status.json", "checkpoints")
    copy(run.folder, tmp_path / "run", but)
    (tmp_path / "run" / "metrics.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows)
    )
    diagnosis = diagnose(tmp_path / "run", MACHINE)
    assert found(diagnosis) == ["learning rate too high"]
    assert "rose again" in diagnosis.findings[0].sign.seen


@pytest.fixture
def recorded(trained, monkeypatch) -> None:
    """Make the sound run the recorded one that others are compared with."""
    sound = Evidence.gather(trained().folder, MACHINE)
    bits = sound.bits_per_nat
    track = Track(
        usual=tuple(nats * bits for nats in curve_of(sound.losses)),
        nats_to_bits=bits,
    )
    monkeypatch.setattr(
        "octavo.training.doctor.evidence.Track.of", lambda _: track
    )


def test_a_run_behind_those_like_it(trained, symptoms, recorded):
    slow = trained(*rates(0.25))
    assert symptoms(slow) == ["behind runs like it"]
    assert symptoms(trained()) == []
    standing = diagnose(trained().folder, MACHINE).standing
    (line,) = (line for line in standing if "recorded runs like it" in line)
    assert line.startswith("on track at 100% of the run: 1.")


def test_held_out_text_of_another_kind(trained, symptoms, file):
    numbers = "".join(f"{n * 7919 % 10007}; " for n in range(1000))
    run = trained(file("mixed.txt", verses(1080) + numbers))
    assert symptoms(run) == ["held-out text of another kind"]


def test_a_text_learned_by_heart(trained, symptoms, file):
    run = trained(file("short.txt", verses(40)), LONGER)
    assert symptoms(run) == ["overfitting"]


def test_a_text_that_is_too_small(prepared, symptoms, file):
    """Before the first step."""
    corpus = file("short.txt", verses(40))
    expected = ["too little text for the model"]
    assert symptoms(prepared(corpus, LONGER)) == expected
    dropout = prepared(corpus, LONGER, "model.dropout=0.1")
    assert symptoms(dropout) == []


def test_a_budget_that_is_too_short(trained, symptoms):
    run = trained("training.tokens=25600")
    assert symptoms(run) == ["budget too short"]
    shortest = trained("training.tokens=2560")
    assert symptoms(shortest) == ["budget too short"]


def test_words_that_nobody_wrote(trained, symptoms):
    run = trained("training.tokens=15360")
    assert symptoms(run) == ["gibberish"]
    (finding,) = diagnose(run.folder, MACHINE).findings
    assert re.search(r"[5-9]\d% of the words", finding.sign.seen)


def test_samples_that_go_round_in_circles(trained, symptoms, file):
    half = verses(550)
    song = "go go go go go go go go\n" * 60
    corpus = file("song.txt", half + song + half)
    run = trained(corpus, LONGER, "training.prompt=go go go go")
    assert symptoms(run) == ["repetition"]


@pytest.fixture(scope="session")
def foreign(tmp_path_factory) -> Path:
    """A vocabulary of 300, made for capitals."""
    letters = random.Random(1).choices("ABCDEFGHIJKLMNOP ", k=20_000)
    path = tmp_path_factory.mktemp("tokenizers") / "foreign.json"
    Tokenizer.train(["".join(letters)], 300).save(path)
    return path


def test_a_tokenizer_made_for_another_text(prepared, symptoms, foreign):
    run = prepared(f"data.tokenizer={foreign}")
    assert symptoms(run) == ["tokenizer unfit for the text"]
    assert symptoms(prepared(*cure(run))) == []


def test_bytes_for_a_text_of_two_byte_letters(prepared, symptoms, file):
    greek = verses(1200).translate({97 + n: 945 + n for n in range(24)})
    settings = "data.tokenizer=bytes", "model.vocab_size=256"
    corpus = file("greek.txt", greek)
    run = prepared(corpus, *settings)
    assert symptoms(run) == ["tokenizer unfit for the text"]
    assert symptoms(prepared(corpus, *cure(run))) == []
    assert symptoms(prepared(*settings)) == []


def test_a_vocabulary_that_is_too_large(prepared, symptoms, tmp_path):
    letters = random.Random(1).choices("ABCDEFGHIJKLMNOP ", k=20_000)
    path = tmp_path / "large.json"
    Tokenizer.train([verses(1200), "".join(letters)], 1000).save(path)
    run = prepared(f"data.tokenizer={path}", "model.vocab_size=1000")
    assert symptoms(run) == ["vocabulary larger than the text"]
    assert symptoms(prepared(*cure(run))) == []


def test_a_context_longer_than_the_documents(prepared, symptoms, file):
    lines = verses(1200).splitlines()
    rows = [json.dumps({"text": line[:20]}) for line in lines]
    corpus = file("lines.jsonl", "\n".join(rows))
    run = prepared(corpus)
    assert symptoms(run) == ["context longer than the documents"]
    assert symptoms(prepared(corpus, *cure(run))) == []


class Disturber(Watcher):
    """Keeps the training waiting, for some steps or for all.

    So many seconds, or four times as long as steps took before, however
    fast the machine is.
    """

    def __init__(self, from_step: int, seconds: float = 0) -> None:
        self.from_step, self.seconds = from_step, seconds
        self.seen: list[float] = []

    def stepped(self, moment) -> None:
        self.seen.append(time.perf_counter())
        if self.from_step <= moment.step < self.from_step + 50:
            before = np.diff(self.seen[: self.from_step])
            time.sleep(self.seconds or 4 * float(np.median(before)))


def test_other_work_beside_training(prepared, symptoms):
    run = prepared()
    train(run, Disturber(from_step=80))
    assert symptoms(run) == ["too slow: other work"]


def test_other_work_through_all_of_the_run(prepared, symptoms, monkeypatch):
    run = prepared("training.batch_size=32", "training.tokens=20480")
    train(run, Disturber(from_step=0, seconds=0.06))
    assert "too slow: other work" in symptoms(run)


def test_steps_that_are_too_small(prepared, symptoms):
    run = prepared(
        "training.batch_size=1", "model.context=8", "training.tokens=2400"
    )
    train(run)
    assert "too slow: small steps" in symptoms(run)


def test_the_slower_precision(trained, symptoms):
    half = trained("training.precision=bfloat16", "training.tokens=25600")
    units = Example(bfloat16=10)  # products take little of the time
    busy = Example(bfloat16=10, speed=1e9)  # they take all of it
    assert symptoms(trained(), units) == []
    assert symptoms(half, units) == ["budget too short"]
    for run, machine, cure in (
        (trained("training.tokens=25600"), busy, "bfloat16"),
        (half, MACHINE, "float32"),
    ):
        diagnosis = diagnose(run.folder, machine)
        assert found(diagnosis)[-1] == "too slow: precision"
        command = diagnosis.findings[-1].command
        assert command.endswith(f"--set training.precision={cure}")


def test_cores_that_are_left_idle(prepared, symptoms):
    machine = Example(cores=4)
    assert symptoms(prepared(), machine) == ["too slow: idle cores"]
    assert symptoms(prepared("training.threads=3"), machine) == []


def test_an_accelerator_that_is_left_idle(prepared, symptoms):
    machine = Example(cores=4, accelerator="cuda")
    expected = ["too slow: idle accelerator"]
    assert symptoms(prepared(), machine) == expected
    by_hand = prepared("training.backend=numpy")
    assert symptoms(by_hand, machine) == []


def test_a_run_on_a_device_that_is_not_here_is_read(trained, tmp_path):
    """A copy of a run, as if it had been trained elsewhere."""
    here, there = trained().folder, tmp_path / "run"
    copy(here, there, but=("recipe.toml", "checksums.json"))
    recipe = (here / "recipe.toml").read_text("utf-8")
    changed = recipe.replace('device = "cpu"', 'device = "mps"')
    (there / "recipe.toml").write_text(changed, "utf-8")
    diagnosis = diagnose(there, Example(cores=4))
    assert found(diagnosis) == []
    assert diagnosis.standing[-1].endswith("tokens a second")


def test_memory_that_is_nearly_full(trained, symptoms):
    """On a machine with 50 MB, this would have been too much."""
    small = replace(MACHINE, memory=50_000_000)
    assert symptoms(trained(), small) == ["memory nearly full"]


def test_memory_that_techniques_would_free(trained, monkeypatch):
    """Where the prediction is 2 GB, of which half need not be."""
    small = replace(MACHINE, memory=50_000_000)
    resources = "octavo.training.doctor.resources"
    monkeypatch.setattr(f"{resources}.memory_for", lambda _: 2 * 10**9)
    monkeypatch.setattr(f"{resources}.least_memory", lambda _: 10**9)
    (finding,) = diagnose(trained().folder, small).findings
    name = "memory nearly full: more kept than must be"
    assert finding.symptom.name == name
    assert finding.command.endswith(" --memory-limit 1000MB")


def test_a_disk_that_is_nearly_full(prepared, trained, symptoms):
    full = replace(MACHINE, free_disk=100_000)
    assert symptoms(prepared(), full) == ["disk nearly full"]
    assert symptoms(trained(), full) == []  # it needs no room any more


def test_a_byte_that_was_changed(trained, symptoms, tmp_path):
    here, there = trained().folder, tmp_path / "run"
    copy(here, there, but=("model.safetensors",))
    weights = bytearray((here / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (there / "model.safetensors").write_bytes(weights)
    diagnosis = diagnose(there, MACHINE)
    assert found(diagnosis) == ["a file was changed"]
    assert diagnosis.findings[0].sign.seen.startswith("model.safetensors:")


def test_every_row_is_provoked_here():
    source = Path(__file__).read_text("utf-8")
    for row in SYMPTOMS:
        assert f'"{row.name}"' in source, row.name


def test_rows_explain_rows_below_them():
    names = [row.name for row in SYMPTOMS]
    assert len(set(names)) == len(names)
    for place, row in enumerate(SYMPTOMS):
        assert set(row.explains) <= set(names[place + 1 :]), row.name
