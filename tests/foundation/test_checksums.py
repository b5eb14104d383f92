"""Seals and checksums: not a byte changes without being noticed."""

import hashlib
import json

import pytest

from octavo.foundation import UserError
from octavo.foundation.checksums import (
    changed,
    checksums,
    read_sealed,
    require_unchanged,
    write_checksums,
    write_sealed,
)

CONTENT = {"step": 3, "seconds": 0.1, "name": "é", "in": {"a": [1, True]}}


def test_a_seal_is_the_sha256_of_what_stands_before_it(tmp_path):
    path = tmp_path / "a.json"
    write_sealed(path, CONTENT)
    assert read_sealed(path) == CONTENT
    written = json.loads(path.read_bytes())
    body = json.dumps(CONTENT, indent=2, ensure_ascii=False) + "\n"
    seal = hashlib.sha256(body.encode()).hexdigest()
    assert written == CONTENT | {"seal": seal}


def test_any_flipped_or_missing_byte_breaks_the_seal(tmp_path):
    path = tmp_path / "a.json"
    write_sealed(path, CONTENT)
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = whole[place] ^ 1
        for content in (
            whole[:place] + bytes([flipped]) + whole[place + 1 :],
            whole[:place],
        ):
            path.write_bytes(content)
            with pytest.raises(UserError, match=r"a\.json is damaged"):
                read_sealed(path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"seal": ""}', "3"])
def test_what_was_never_sealed_is_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"a\.json is damaged"):
        read_sealed(path)
    with pytest.raises(UserError, match=r"b\.json does not exist"):
        read_sealed(tmp_path / "b.json")


def test_checksums_are_of_the_files_that_exist(tmp_path):
    (tmp_path / "empty").touch()
    found = checksums(tmp_path, ["empty", "absent"])
    assert found == {"empty": hashlib.sha256().hexdigest()}
    assert changed(tmp_path, found | {"absent": "0"}) == ["absent"]
    (tmp_path / "empty").write_bytes(b"x")
    assert changed(tmp_path, found) == ["empty"]


def test_a_folder_names_the_file_that_changed(tmp_path):
    (tmp_path / "in").mkdir()
    names = ["a", "in/b"]
    for name in names:
        (tmp_path / name).write_text(name)
    require_unchanged(tmp_path)  # nothing is recorded yet
    write_checksums(tmp_path, names)
    require_unchanged(tmp_path)
    (tmp_path / "in/b").write_text("c")
    require_unchanged(tmp_path, ["a", "unknown"])
    with pytest.raises(UserError, match="b is not what was written: put"):
        require_unchanged(tmp_path)
    (tmp_path / "in/b").unlink()
    with pytest.raises(UserError, match=r"b does not .*checksums\.json"):
        require_unchanged(tmp_path, ["in/b"])
