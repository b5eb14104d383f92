import io
import tarfile

import pytest

from octavo.foundation import UserError
from octavo.text import archive
from octavo.text.archive import read_members


def pack(path, files, *, links=()):
    """Write a .tar.gz of name -> bytes, and of links."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name in links:
            member = tarfile.TarInfo(name)
            member.type = tarfile.SYMTYPE
            member.linkname = "/etc/passwd"
            tar.addfile(member)
    return path


def test_only_wanted_files_are_read_and_sorted(tmp_path):
    path = pack(
        tmp_path / "a.tar.gz",
        {
            "top-1/texts/b_gut.txt": b"bee",
            "top-1/texts/a_gut.txt": "\ufeffæ".encode(),
            "top-1/texts/a_gut_f.txt": b"folio",
            "top-1/other/c_gut.txt": b"no",
            "../texts/d_gut.txt": b"climbs out, but is only read",
        },
        links=("top-1/texts/link_gut.txt",),
    )
    texts = read_members(path, "texts/", "_gut.txt")
    assert list(texts.items()) == [
        ("a", "æ"),
        ("b", "bee"),
        ("d", "climbs out, but is only read"),
    ]


def test_a_giant_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 10)
    path = pack(tmp_path / "a.tar.gz", {"t/x/a.txt": b"0123456789"})
    assert read_members(path, "x/", ".txt") == {"a": "0123456789"}
    pack(path, {"t/x/a.txt": b"0123456789!"})
    with pytest.raises(UserError, match=r"x/a\.txt has 11 bytes"):
        read_members(path, "x/", ".txt")


@pytest.mark.parametrize("keep", [0, 20, -40])
def test_a_damaged_archive_is_named(tmp_path, keep):
    path = pack(tmp_path / "a.tar.gz", {"t/x/a.txt": bytes(5_000)})
    path.write_bytes(path.read_bytes()[:keep] if keep else b"no archive")
    with pytest.raises(UserError, match="is a damaged archive"):
        read_members(path, "x/", ".txt")
