import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.foundation.files import (
    cache_folder,
    read_json,
    remove_leftovers,
    replacing,
    replacing_folder,
    require_new_folder,
    sha256,
    write_bytes,
    write_json,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half(path: Path) -> None:
    path.write_text("half")
    raise ZeroDivisionError


def test_a_written_file_holds_the_bytes_and_leaves_nothing_beside(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "one\ntwo \u00e9\n")
    written = (tmp_path / "new" / "a.txt").read_bytes()
    assert written == b"one\ntwo \xc3\xa9\n"
    assert names(tmp_path / "new") == ["a.txt"]


def test_a_failed_block_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        write_half(temporary)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_one_line_and_the_old_file_survives(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; free"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_write_that_the_system_cuts_short_leaves_the_old_file(tmp_path):
    """The real thing: the kernel refuses to let a file grow further."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    code = (
        "import resource, signal, sys, pathlib;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from octavo.foundation.files import write_bytes;"
        "write_bytes(pathlib.Path(sys.argv[1]), bytes(5000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Error: cannot write {path}: File too large" in done.stderr
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX folders")
def test_all_of_a_folder_is_on_the_disk_before_its_name(
    tmp_path, monkeypatch
):
    flushed = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino)
    )
    with replacing_folder(tmp_path / "run") as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a").write_text("x")
    *before, last = flushed
    path = tmp_path / "run"
    parts = (path, path / "in", path / "in" / "a")
    assert sorted(before) == sorted(part.stat().st_ino for part in parts)
    assert last == tmp_path.stat().st_ino


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(ZeroDivisionError), replacing_folder(path) as folder:
        write_half(folder / "a")
    assert names(tmp_path) == []
    with replacing_folder(path) as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a").write_text("x")
        assert not path.exists()
    assert (path / "in" / "a").read_text() == "x"
    assert names(tmp_path) == ["run"]


def test_a_new_folder_may_be_absent_or_empty_but_not_in_use(tmp_path):
    require_new_folder(tmp_path / "absent")
    require_new_folder(tmp_path)
    (tmp_path / "a").touch()
    with pytest.raises(
        UserError, match="exists and is not an empty folder"
    ):
        require_new_folder(tmp_path)
    with pytest.raises(
        UserError, match="exists and is not an empty folder"
    ):
        require_new_folder(tmp_path / "a")


def test_json_is_read_back_and_damage_is_named(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"é": [1, 2]})
    assert json.loads(path.read_text("utf-8")) == {"é": [1, 2]}
    assert read_json(path) == {"é": [1, 2]}
    path.write_text("{")
    with pytest.raises(UserError, match=r"a\.json is damaged"):
        read_json(path)
    path.write_text("[" * 100_000)
    with pytest.raises(UserError, match=r"a\.json is damaged"):
        read_json(path)
    with pytest.raises(UserError, match="does not exist"):
        read_json(tmp_path / "b.json")


def test_sha256_of_the_empty_file_is_the_known_one(tmp_path):
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8")


def test_the_cache_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("OCTAVO_CACHE")
    assert cache_folder().name.lower() in ("octavo", "cache")


def test_a_folder_may_be_named_by_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    with replacing_folder(link) as folder:
        (folder / "a").write_text("x")
    assert link.is_symlink()
    assert (tmp_path / "real" / "a").read_text() == "x"
    assert names(tmp_path) == ["link", "real"]


def test_the_folder_one_is_in_is_not_a_new_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for here in (Path(), tmp_path):
        with pytest.raises(UserError, match="is the folder you are in"):
            require_new_folder(here)


def test_what_a_killed_program_left_is_removed(tmp_path):
    left = tmp_path / ".a.txt.x1y2.part", tmp_path / ".run.part"
    left[0].touch()
    (left[1] / "in").mkdir(parents=True)
    for name in ("a.part", ".hidden", "b.txt"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [".hidden", "a.part", "b.txt"]
    remove_leftovers(tmp_path / "absent")
