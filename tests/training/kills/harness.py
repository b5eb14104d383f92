"""Ends runs of training in many ways, and looks at how they go on.

    python harness.py ROOM --every 1 --moments 50 --full 1

A process of its own: PyTorch is imported once, and every trial is forked
from here, where nothing was computed yet. Prints what it found as JSON.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch._dynamo  # noqa: F401 (or every trial would import it)
from disk import Act, Disk, full_from, is_temporary, killed_at, nothing

import octavo.cli.train as verb
from octavo.cli.main import main
from octavo.foundation.checksums import SEAL, read_sealed
from octavo.foundation.files import read_json, write_bytes
from octavo.interop import read_tensors
from octavo.training import loop
from octavo.training.looks import Looks
from octavo.training.metrics import read_rows

# What differs between runs: clocks, and the checksums of what has one.
TIMED = {"metrics.jsonl", "state.json", "status.json", ".lock"}
CLOCKS = {"seconds", "peak_memory"}
# Where a run can be at a moment, and the functions that say so.
PHASES = {
    "making": (verb, "prepare_from_recipe"),
    "looking": (Looks, "at"),
    "saving": (loop, "publish"),
    "judging": (loop, "score_model"),
}
STEPPING = "stepping"


class Trial:
    """A folder in which a run is made, ended, and made to go on."""

    def __init__(self, room: Path, name: str) -> None:
        self.room, self.name = room, name
        self.run = room / name / "run"
        self.run.parent.mkdir()
        self.log = room / f"{name}.log"
        self.seen = room / f"{name}.json"

    def train(self, act: Act = nothing, pipe: int = -1) -> int:
        """Begin or go on in a new process; return its number."""
        if number := os.fork():
            return number
        with self.log.open("a") as sys.stderr:
            sys.stdout = sys.stderr
            try:
                code = self._train(Disk(self.run.parent, act), pipe)
            except BaseException:
                traceback.print_exc()
                code = 1
        os._exit(code)

    def _train(self, disk: Disk, pipe: int) -> int:
        """Train as the command line does; return its exit code."""
        require_whole(self.run)
        sys.argv = ["octavo", "train", "--resume", str(self.run)]
        if not self.run.is_dir():
            recipe = self.room / "recipe.toml"
            sys.argv[2:] = ["--recipe", str(recipe), "--out", str(self.run)]
        loop.CHECKPOINT_SECONDS = 0.0
        verb.draw_run = lambda _run, path: write_bytes(path, b"a picture")
        tell_phases(pipe)
        self.seen.unlink(missing_ok=True)
        disk.watch()
        try:
            main()
        except SystemExit as error:
            return int(error.code or 0)
        finally:
            count, names = disk.count, sorted(disk.final_names)
            disk.act = nothing
            seen = {"changes": count, "final_names": names}
            self.seen.write_text(json.dumps(seen))
        return 0

    def clear(self) -> None:
        shutil.rmtree(self.run.parent)
        self.log.unlink()


def tell_phases(pipe: int) -> None:
    """Write a line into a pipe whenever another phase begins."""

    def told(phase: str, function: Callable) -> Callable:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            os.write(pipe, f"{phase}\n".encode())
            try:
                return function(*arguments, **options)
            finally:
                os.write(pipe, f"{STEPPING}\n".encode())

        return wrapped

    for phase, (owner, name) in PHASES.items() if pipe >= 0 else ():
        setattr(owner, name, told(phase, getattr(owner, name)))


def require_whole(run: Path) -> None:
    """Raise unless every file under its final name can be read."""
    for path in run.rglob("*"):
        if is_temporary(path):
            continue
        if path.suffix == ".safetensors":
            read_tensors(path)
        elif path.name == "metrics.jsonl":
            read_rows(path)
        elif path.suffix == ".json":
            content = read_json(path)
            if isinstance(content, dict) and SEAL in content:
                read_sealed(path)


def ended(number: int) -> int:
    """Wait for a process; return its exit code, or minus its signal."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def contents(run: Path) -> dict[str, Any]:
    """Return what a run's files say, without what clocks say."""
    found: dict[str, Any] = {}
    for path in sorted(run.parent.rglob("*")):
        name = path.relative_to(run.parent).as_posix()
        if path.is_file():
            timed = path.name in TIMED
            found[name] = None if timed else path.read_bytes()
    found["rows"] = [
        {key: row[key] for key in row.keys() - CLOCKS}
        for row in read_rows(run / "metrics.jsonl")
    ]
    status = read_json(run / "status.json")
    return found | {"end": (status["step"], status["finished"])}


class Harness:
    """All trials, beside a run that was never ended."""

    def __init__(self, room: Path, seed: int) -> None:
        self.room, self.random = room, random.Random(seed)
        self.failures: list[str] = []
        whole = Trial(room, "whole")
        self.phases: list[tuple[str, float]] = []  # and their seconds
        self._time(whole)
        self.expected = contents(whole.run)
        seen = json.loads(whole.seen.read_text())
        self.changes: int = seen["changes"]
        self.final_names: list[str] = seen["final_names"]

    def _time(self, trial: Trial) -> None:
        """Train undisturbed, and keep how long each phase took."""
        reading, writing = os.pipe()
        number = trial.train(pipe=writing)
        os.close(writing)
        last = STEPPING, time.monotonic()
        with os.fdopen(reading) as told:
            for line in told:
                now = time.monotonic()
                self.phases.append((last[0], now - last[1]))
                last = line.strip(), now
        assert ended(number) == 0, trial.log.read_text()

    def kill_at_change(self, change: int) -> None:
        """End a run at a change, and at one as it goes on; let it go on."""
        trial = Trial(self.room, f"change-{change}")
        again = self.random.randrange(1, 60)
        code = ended(trial.train(killed_at(change)))
        self._require(trial, code == -signal.SIGKILL, f"ended with {code}")
        code = ended(trial.train(killed_at(again)))
        fine = code in {-signal.SIGKILL, 0}
        self._require(trial, fine, f"then at {again}, ended with {code}")
        self._go_on(trial)

    def kill_at_moment(self, number: int) -> str:
        """End a run while it is somewhere; return where that was."""
        place = self._choose(sorted(PHASES)[number % len(PHASES)])
        seconds = self.random.random() * self.phases[place][1]
        code = 0
        while code == 0:  # it was too late: once more, and sooner
            trial = Trial(self.room, f"moment-{number}")
            code, where = self._kill_after(trial, place, seconds)
            seconds /= 2
            if code == 0:
                trial.clear()
        self._require(trial, code == -signal.SIGKILL, f"ended with {code}")
        self._go_on(trial)
        return where

    def _kill_after(
        self, trial: Trial, place: int, seconds: float
    ) -> tuple[int, str]:
        """Begin a run, end it some seconds into a phase; say which."""
        reading, writing = os.pipe()
        child = trial.train(pipe=writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            begun = [told.readline() for _ in range(place)]
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            begun += told.readlines()
        last = begun[-1].strip() if begun else STEPPING
        return ended(child), last

    def _choose(self, phase: str) -> int:
        """Return the place of one of the phases of this name."""
        return self.random.choice(
            [n for n, (name, _) in enumerate(self.phases) if name == phase]
        )

    def fill_at_change(self, change: int) -> None:
        """Let the disk be full from a change on, then empty again."""
        trial = Trial(self.room, f"full-{change}")
        code = ended(trial.train(full_from(change)))
        lines = trial.log.read_text().splitlines()
        errors = [line for line in lines if line.startswith("octavo: ")]
        right = (
            code == 2
            and lines[-1:] == errors
            and errors[0].startswith("octavo: cannot write ")
            and "No space left on device" in errors[0]
            and (f"--resume {trial.run}" in errors[0]) == trial.run.is_dir()
        )
        self._require(trial, right, f"ended with {code}")
        self._go_on(trial)

    def _go_on(self, trial: Trial) -> None:
        """Let a run go on to its end; it must be the undisturbed one's."""
        code = ended(trial.train())
        self._require(trial, code == 0, f"went on and ended with {code}")
        found = contents(trial.run) if code == 0 else self.expected
        differ = sorted(
            name
            for name in found.keys() | self.expected.keys()
            if found.get(name, ...) != self.expected.get(name, ...)
        )
        self._require(trial, not differ, f"has other {differ}")
        trial.clear()

    def _require(self, trial: Trial, fine: bool, what: str) -> None:
        if not fine:
            log = trial.log.read_text()
            self.failures.append(f"{trial.name} {what}: {log}")


def run_all() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("room", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--full", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    harness = Harness(asked.room, asked.seed)
    first = 1 + asked.seed % asked.every
    for change in range(first, harness.changes + 1, asked.every):
        harness.kill_at_change(change)
    where = Counter(map(harness.kill_at_moment, range(asked.moments)))
    # The last change of all removes a file, and needs no room.
    for change in range(first, harness.changes, asked.full):
        harness.fill_at_change(change)
    found = {
        "changes": harness.changes,
        "final_names": harness.final_names,
        "moments": where,
        "failures": harness.failures,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    run_all()
