import gzip
import json
import os

import pytest

from octavo.foundation import UserError
from octavo.text.reading import read_path

LONG = "A line of text that is long enough.\n" * 40


def test_a_file_is_one_document_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    text = "\n\n  kept \t\n\r lone\x0c, ﬁ, e\u0301 \n\n\n\n" + LONG + "end"
    path.write_bytes(text.encode())
    reading = read_path(path)
    assert [d.name for d in reading.documents] == ["a.txt"]
    assert reading.documents[0].text == text
    assert reading.notes == ()


def test_marks_and_line_ends_of_windows_are_mended_and_told(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + LONG.replace("\n", "\r\n").encode())
    reading = read_path(path)
    assert reading.documents[0].text == LONG
    assert reading.notes == (
        "mended, byte order marks dropped: 1",
        "mended, files with Windows line ends: 1",
    )


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    for name in ("b.txt", "a/z.md", "a/B.TXT", "a.txt.gz", "c.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        content = LONG.encode()
        if name == "c.jsonl":
            content = b'{"text": "one"}\n\n{"text": "two\\r\\n"}\n'
        path.write_bytes(
            gzip.compress(content) if name.endswith("gz") else content
        )
    (tmp_path / "empty.txt").write_bytes(b" \n")
    (tmp_path / "a" / "picture.PNG").write_bytes(b"\0")
    (tmp_path / "Makefile").write_bytes(b"all:")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "notes.txt").write_bytes(LONG.encode())
    (tmp_path / "a" / ".hidden.txt").write_bytes(LONG.encode())
    reading = read_path(tmp_path)
    assert [d.name for d in reading.documents] == [
        *("a.txt.gz", "a/B.TXT", "a/z.md", "b.txt"),
        *("c.jsonl:1", "c.jsonl:3"),
    ]
    assert [d.text for d in reading.documents][-2:] == ["one", "two\n"]
    assert reading.documents[0].text == LONG
    assert reading.notes == (
        "left out, empty documents: 1",
        "left out, files of another kind (.png): 1",
        "left out, files of another kind (no suffix): 1",
        "left out, hidden files and folders: 2",
    )


def test_the_order_of_the_file_system_does_not_matter(
    tmp_path, monkeypatch
):
    for name in "abcdef":
        (tmp_path / f"{name}.txt").write_bytes((LONG + name).encode())
    before = read_path(tmp_path)
    walk = os.walk

    def backwards(*arguments, **options):
        for root, folders, names in walk(*arguments, **options):
            yield root, folders[::-1], sorted(names, reverse=True)

    monkeypatch.setattr(os, "walk", backwards)
    assert read_path(tmp_path) == before


def test_an_accent_is_one_letter_in_every_name(tmp_path):
    (tmp_path / "e\u0301.txt").write_bytes(LONG.encode())
    (document,) = read_path(tmp_path).documents
    assert document.name == "\u00e9.txt"


def test_a_line_separator_within_a_string_is_no_line_end(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [{"text": "one\u2028" + LONG}, {"text": "two"}]
    path.write_bytes(
        (
            "\n".join(
                json.dumps(line, ensure_ascii=False) for line in lines
            )
        ).encode()
    )
    reading = read_path(path)
    assert [d.name for d in reading.documents] == ["a.jsonl:1", "a.jsonl:2"]


def test_another_field_may_hold_the_text(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"body": LONG}).encode()))
    assert read_path(path, field="body").documents[0].text == LONG


BAD = {
    "empty.txt": (b"", r"empty\.txt is empty"),
    "blank.txt": (b" \n\n", r"blank\.txt is empty"),
    "tiny.txt": (b"too short\n", r"holds 10 bytes of text: too little"),
    "binary.txt": (b"text\0text", r"binary\.txt, byte 4: a zero byte"),
    "wide.txt": ("ab".encode("utf-16"), r"wide\.txt is UTF-16"),
    "latin.txt": (
        b"caf\xe9 " + LONG.encode(),
        r"latin\.txt, byte 3: 0xe9 is not UTF-8; .*iconv",
    ),
    "latin.md": (
        b"\xef\xbb\xbfcaf\xe9 au lait",
        r"latin\.md, byte 6: 0xe9 is not UTF-8",
    ),
    "torn.txt": ("né".encode()[:-1], r"torn\.txt, byte 1: 0xc3 is not"),
    "a.pdf": (b"%PDF", r"a\.pdf is not read: a corpus is a \.txt"),
    "a.gz": (b"", r"a\.gz is not read"),
    "bad.txt.gz": (b"no gzip", r"bad\.txt\.gz is a damaged \.gz file"),
    "half.txt.gz": (
        gzip.compress(LONG.encode())[:-9],
        r"half\.txt\.gz is a damaged \.gz file",
    ),
    "not.jsonl": (
        b'{"text": "a"}\n\n{"text": ',
        r"not\.jsonl, line 3: not JSON \(Expecting value\)",
    ),
    "list.jsonl": (
        b'["a"]\n',
        r"list\.jsonl, line 1: a JSON object is expected, .* is a list",
    ),
    "null.jsonl": (b"null\n", r"line 1: a JSON object .* this is null"),
    "field.jsonl": (
        b'{"text": "a"}\n{"id": 1, "body": "b"}\n',
        r'line 2: no field "text"; its fields: id, body; .* --field',
    ),
    "near.jsonl": (
        b'{"texts": "a"}\n',
        r'line 1: no field "text"; did you mean "texts"\?',
    ),
    "none.jsonl": (b"{}\n", r'no field "text"; its fields: none'),
    "number.jsonl": (
        b'{"text": "a"}\n{"text": 3}\n',
        r'number\.jsonl, line 2: field "text" is a number, not a string',
    ),
    "true.jsonl": (b'{"text": true}\n', r"is true or false, not a string"),
    "half.jsonl": (
        b'{"text": "ab\\ud83d"}\n',
        r'line 1: field "text" has half a character .* at character 2',
    ),
    "deep.jsonl": (b"[" * 100_000, r"deep\.jsonl, line 1: not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_one_clear_line(tmp_path, name):
    content, expected = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=expected) as raised:
        read_path(path)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(str(path))


def test_a_folder_without_text_says_what_is_looked_for(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(UserError, match=r"has no \.txt, \.md or \.jsonl"):
        read_path(tmp_path)
