"""The command line on a small corpus that the tests make themselves."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from octavo.cli import main

from ..verses import verses


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str
    raw: bytes  # what it wrote to standard output, undecoded


class Stream(io.TextIOWrapper):
    """A standard stream that is no terminal: text over bytes."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(
            io.BytesIO(content), "utf-8", write_through=True, newline=""
        )

    def written(self) -> bytes:
        return self.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def octavo() -> Callable[..., Done]:
    """Run `octavo` with arguments, in this process, which is quicker."""

    def run(*arguments: object, given: bytes = b"") -> Done:
        out, err = Stream(), Stream()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            patch.setattr(sys, "argv", ["octavo", *map(str, arguments)])
            patch.setattr(sys, "stdin", Stream(given))
            code = 0
            try:
                main()
            except SystemExit as error:
                code = int(error.code or 0)
        raw, said = out.written(), err.written()
        out_text = raw.decode(errors="replace")
        return Done(code, out_text, said.decode(), raw)

    return run


def bad(done: Done) -> str:
    """Return the one line of a command that failed as it should."""
    lines = [line for line in done.err.splitlines()
             if line.startswith("octavo: ")]  # fmt: skip
    assert done.code == 2, done.err
    assert len(lines) == 1, done.err
    assert done.err.endswith(lines[0] + "\n"), done.err
    assert "Traceback" not in done.err
    assert "fault of ours" not in done.err
    return lines[0]


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "octavo.cli", *map(str, arguments)]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """A folder of ten small documents."""
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(10):
        path = folder / f"play-{number}.txt"
        path.write_text(verses(120, seed=number), "utf-8")
    return folder


TRAINING = (
    "--size", "tiny", "--context", 32, "--batch-size", 4,
    "--vocab-size", 300, "--prompt", "Corba ",
)  # fmt: skip


@pytest.fixture(scope="session")
def run(octavo, corpus, tmp_path_factory) -> Path:
    """A finished run on the small corpus."""
    out = tmp_path_factory.mktemp("runs") / "run"
    done = octavo("train", "--corpus", corpus, "--out", out,
                  "--tokens", 60 * 128, *TRAINING)  # fmt: skip
    assert done.code == 0, done.err
    return out


@pytest.fixture(scope="session")
def short(octavo, corpus, tmp_path_factory) -> Path:
    """A run of ten steps, never stopped."""
    out = tmp_path_factory.mktemp("runs") / "short"
    done = octavo("train", "--corpus", corpus, "--out", out,
                  "--tokens", 10 * 128, *TRAINING)  # fmt: skip
    assert done.code == 0, done.err
    return out
