import subprocess
import sys

import pytest

from octavo import __version__
from octavo.cli.main import VERBS, explain
from octavo.foundation import UserError


def test_help_lists_the_verbs_and_imports_no_torch(octavo):
    done = octavo("--help")
    assert done.code == 0
    assert all(f"  {verb} " in done.out for verb in VERBS)
    code = (
        "import sys; sys.argv = ['octavo', '--help']\n"
        "from octavo.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'numpy', 'matplotlib', 'rich'}"
        " & set(sys.modules)))"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.endswith("[]\n")


def test_every_verb_has_help(octavo):
    for verb in VERBS:
        done = octavo(verb, "--help")
        assert done.code == 0, done.err
        assert done.out.startswith(f"Usage: octavo {verb}")


@pytest.mark.parametrize("verb", [(), ("corpus",), ("tokenizer",)])
def test_without_a_verb_there_is_help(octavo, verb):
    done = octavo(*verb)
    assert (done.code, done.err) == (0, "")
    assert done.out == octavo(*verb, "--help").out
    assert done.out.count("\n") > 8


def test_the_version_is_printed(octavo):
    assert octavo("--version").out == f"octavo, version {__version__}\n"


def test_unknown_verbs_and_options_suggest_the_nearest(octavo):
    done = octavo("trian")
    assert done.code == 2
    assert (
        done.err == 'octavo: no such verb "trian"; did you mean "train"?\n'
    )
    done = octavo("train", "--corpsu", "x")
    assert done.code == 2
    assert "--corpus" in done.err
    assert done.err.count("\n") == 1


def test_debug_shows_the_traceback_of_a_users_error(octavo):
    done = octavo("train", "--resume", "nowhere", "--debug")
    assert done.code == 2
    assert "Traceback" in done.err
    assert done.err.endswith("would make one\n")


def test_faults_of_ours_are_told_apart():
    assert explain(UserError("no")) == (2, "no")
    assert explain(KeyboardInterrupt())[0] == 130
    assert (
        explain(OSError(28, "No space left", "a"))[1] == "a: No space left"
    )
    for error, said in (
        (RuntimeError("CUDA out of memory. Tried"), "too little memory"),
        (NotImplementedError("'aten::x' ... for the MPS device"), "lacks"),
    ):
        code, line = explain(error)
        assert code == 2
        assert said in line
    code, line = explain(ZeroDivisionError("x"))
    assert code == 1
    assert "a fault of ours (ZeroDivisionError: x)" in line
