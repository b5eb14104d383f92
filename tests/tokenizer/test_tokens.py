"""Token files: their content by value, and every kind of damage."""

import json

import numpy as np
import pytest

from octavo.foundation import UserError
from octavo.foundation.files import sha256
from octavo.tokenizer import Tokenizer, read_tokens, write_tokens

BYTES = Tokenizer.bytes()
DOCUMENTS = [("one", "so so"), ("empty", ""), ("two", "né")]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """256 bytes, the merges of s o and of a space before it, specials."""
    return Tokenizer.train(["so so so"], 261)


@pytest.fixture
def path(tmp_path, tokenizer):
    path = tmp_path / "train.npy"
    write_tokens(path, tokenizer, DOCUMENTS)
    return path


def test_documents_stand_one_after_the_other(tmp_path, tokenizer):
    found = write_tokens(tmp_path / "t.npy", tokenizer, iter(DOCUMENTS))
    end = tokenizer.end_of_text
    assert end == 258
    assert found.ids.tolist() == [
        end, *tokenizer.encode("so so"), end, end, ord("n"), 0xC3, 0xA9,
    ]  # fmt: skip
    assert tokenizer.encode("so so") == [256, 257]
    assert found.starts.tolist() == [0, 3, 4]
    assert found.num_bytes.tolist() == [5, 0, 3]
    assert found.names == ("one", "empty", "two")
    assert found.ids.dtype == np.uint16
    assert not found.ids.flags.writeable


def test_without_an_end_of_text_nothing_stands_between(tmp_path):
    found = write_tokens(tmp_path / "t.npy", BYTES, DOCUMENTS)
    assert bytes(found.ids.tolist()) == "so soné".encode()
    assert found.starts.tolist() == [0, 5, 5]


def test_what_is_written_is_read_back(path, tokenizer):
    found = read_tokens(path, tokenizer)
    plain = np.load(path)  # NumPy reads it as it is
    assert plain.tolist() == found.ids.tolist()
    assert found.names == ("one", "empty", "two")
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "train.npy",
        "train.npy.json",
    ]


def test_the_bytes_on_the_disk_are_the_same_on_every_machine(path):
    content = path.read_bytes()
    assert content[:8] == b"\x93NUMPY\x01\x00"
    assert b"'descr': '<u2'" in content[:80]
    assert content[-4:] == b"\xc3\x00\xa9\x00"
    assert len(content) == 128 + 2 * 8


def test_a_large_vocabulary_needs_four_bytes_an_id(tmp_path):
    tokens = {bytes([byte]): byte for byte in range(256)}
    pairs = (bytes([a, b]) for a in range(256) for b in range(256))
    tokens |= {pair: 256 + number for number, pair in enumerate(pairs)}
    large = Tokenizer.from_ranks(tokens, None, {})
    found = write_tokens(tmp_path / "t.npy", large, [("a", "zz!")])
    assert found.ids.dtype == np.uint32
    # Of "zz" and "z!" the latter has the lower rank.
    assert found.ids.tolist() == [0x7A, 256 + 0x7A * 256 + 0x21]


def test_text_that_is_none_names_the_document_and_leaves_no_file(
    tmp_path, tokenizer
):
    path = tmp_path / "t.npy"
    documents = [("fine", "so"), ("play.txt", "to be \ud800")]
    with pytest.raises(UserError, match=r"^play\.txt: character 6 .*D800"):
        write_tokens(path, tokenizer, documents)
    for nothing in ([], [("a", "")]):
        with pytest.raises(UserError, match="no text was given"):
            write_tokens(path, BYTES, nothing)
    assert list(tmp_path.iterdir()) == []


def test_another_tokenizers_file_is_refused(path, tokenizer):
    other = Tokenizer.train(["so so so"], 260)
    with pytest.raises(UserError, match="made with another tokenizer"):
        read_tokens(path, other)
    assert read_tokens(path).names[0] == "one"


def flip(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    "damage", [flip, lambda b: b[:-2], lambda b: b + b"\0", lambda _: b""]
)
def test_ids_that_changed_are_noticed_and_named(path, tokenizer, damage):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"train\.npy is damaged .*SHA-256"):
        read_tokens(path, tokenizer)


def test_a_part_that_is_missing_is_named(path, tokenizer):
    description = path.with_name("train.npy.json")
    content = description.read_bytes()
    description.unlink()
    with pytest.raises(UserError, match=r"npy\.json does not exist"):
        read_tokens(path, tokenizer)
    description.write_bytes(content)
    path.unlink()
    with pytest.raises(UserError, match=r"train\.npy does not exist"):
        read_tokens(path, tokenizer)


ROW = {"name": "one", "start": 0, "num_bytes": 5}


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": None},
        {"num_ids": 7},
        {"num_ids": "8"},
        {"dtype": "uint32"},
        {"documents": []},
        {"documents": 3},
        {"documents": [{"name": "one"}]},
        {"documents": [ROW | {"start": 1}]},
        {"documents": [ROW, ROW | {"start": 9}]},
        {"documents": [ROW, ROW | {"start": 5}, ROW | {"start": 4}]},
        {"documents": [ROW | {"start": 1 << 80}]},
        {"documents": [ROW | {"start": "x"}]},
        {"documents": [ROW | {"num_bytes": -1}]},
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    path, tokenizer, change
):
    description = path.with_name("train.npy.json")
    content = json.loads(description.read_bytes()) | change
    content = {k: v for k, v in content.items() if v is not None}
    description.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"npy\.json is damaged") as caught:
        read_tokens(path, tokenizer)
    assert "\n" not in str(caught.value)


def test_a_description_of_another_kind_is_refused(path, tokenizer):
    description = path.with_name("train.npy.json")
    for content in ("[]", "{", "3", "\ufffd"):
        description.write_text(content, "utf-8")
        with pytest.raises(UserError, match=r"npy\.json is damaged"):
            read_tokens(path, tokenizer)


def test_no_pickle_is_ever_opened(path, tokenizer):
    """An array of objects would run code: NumPy is told to refuse it."""
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    description = path.with_name("train.npy.json")
    content = json.loads(description.read_bytes())
    content["sha256"] = sha256(path)
    description.write_text(json.dumps(content))
    with pytest.raises(
        UserError, match=r"train\.npy is damaged .*Python obj"
    ):
        read_tokens(path, tokenizer)
