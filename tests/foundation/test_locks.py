"""A folder is one program's at a time, and a dead one's never."""

import os
import signal
import subprocess
import sys

import pytest

from octavo.foundation import UserError
from octavo.foundation.locks import in_use, only_one

HOLD = """
import pathlib, sys, time
from octavo.foundation.locks import only_one
with only_one(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_refused_and_told_who_is_first(tmp_path):
    with (
        only_one(tmp_path),
        pytest.raises(
            UserError,
            match=rf"another program \(process {os.getpid()}\) is at work",
        ),
        only_one(tmp_path),
    ):
        pass
    with only_one(tmp_path):  # the first has gone
        pass


def test_who_looks_whether_a_folder_is_in_use_takes_nothing(tmp_path):
    assert not in_use(tmp_path)
    assert not list(tmp_path.iterdir())
    with only_one(tmp_path):
        assert in_use(tmp_path)
        assert in_use(tmp_path)
    assert not in_use(tmp_path)
    with only_one(tmp_path):
        pass


def test_an_error_gives_the_lock_back(tmp_path):
    with pytest.raises(ZeroDivisionError), only_one(tmp_path):
        raise ZeroDivisionError
    with only_one(tmp_path):
        pass


def test_a_killed_program_holds_nothing(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout.readline() == "held\n"
        who = rf"\(process {first.pid}\)"
        with pytest.raises(UserError, match=who), only_one(tmp_path):
            pass
        first.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    assert (tmp_path / ".lock").is_file()
    with only_one(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    with (
        pytest.raises(UserError, match=r"cannot write .*\.lock: "),
        only_one(tmp_path / "absent"),
    ):
        pass
