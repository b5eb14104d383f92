"""`octavo tokenizer train`, `encode` and `decode`, from end to end."""

import json

import pytest
from tokenizers import Tokenizer as HuggingFace

from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer, bytes_per_token

from .conftest import bad

SIZE = 320


@pytest.fixture(scope="module")
def file(octavo, corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    done = octavo("tokenizer", "train", corpus, "--vocab-size", SIZE,
                  "--out", path)  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.startswith(f"vocabulary: {SIZE} ids, in {path}\n")
    return path


def test_it_learns_from_the_part_to_train_on(file, corpus):
    texts = (document.text for document in load_corpus(str(corpus)).train)
    expected = Tokenizer.train(texts, SIZE)
    assert Tokenizer.load(file).fingerprint == expected.fingerprint


def test_its_report_measures_the_part_held_out(octavo, corpus, tmp_path):
    path = tmp_path / "t.json"
    arguments = ("tokenizer", "train", corpus, "--vocab-size", SIZE,
                 "--out", path, "--pattern", "gpt2", "--json")  # fmt: skip
    report = json.loads(octavo(*arguments).out)
    tokenizer = Tokenizer.load(path)
    held_out = [d.text for d in load_corpus(str(corpus)).held_out]
    expected = bytes_per_token(tokenizer, held_out)
    assert report["held_out_bytes_per_token"] == pytest.approx(expected)
    assert report["vocab_size"] == report["wanted_vocab_size"] == SIZE
    assert len(report["longest_tokens"]) == 12
    longest = max(tokenizer.vocabulary.tokens, key=len)
    assert report["longest_tokens"][0] == longest.decode()
    assert report["seconds"] > 0


def test_a_text_too_uniform_for_the_vocabulary_is_told(octavo, tmp_path):
    text = tmp_path / "a.txt"
    text.write_bytes(b"so so so\n" * 200)
    out = tmp_path / "t.json"
    done = octavo("tokenizer", "train", text, "--vocab-size", 999,
                  "--out", out)  # fmt: skip
    assert "(fewer than 999: no two tokens are left to merge" in done.out
    assert Tokenizer.load(out).vocab_size < 300


def test_encode_prints_hugging_faces_ids(octavo, file):
    text = "Corba lohu,\n  naïve 🌹 fools."
    expected = HuggingFace.from_file(str(file)).encode(text).ids
    for done in (
        octavo("tokenizer", "encode", "--tokenizer", file, text),
        octavo("tokenizer", "encode", "--tokenizer", file.parent, text),
        octavo("tokenizer", "encode", "--tokenizer", file, "-",
               given=text.encode()),
        octavo("tokenizer", "encode", "--tokenizer", file,
               given=text.encode()),
    ):  # fmt: skip
        assert done.code == 0, done.err
        assert [int(word) for word in done.out.split()] == expected
    as_json = octavo("tokenizer", "encode", "--tokenizer", file, text,
                     "--json")  # fmt: skip
    report = json.loads(as_json.out)
    assert report["ids"] == expected
    assert "\ufffd" in "".join(report["tokens"])  # a rose in four pieces


def test_special_tokens_are_text_unless_allowed(octavo, file):
    text = "<|endoftext|>"
    encode = ("tokenizer", "encode", "--tokenizer", file, text)
    assert len(octavo(*encode).out.split()) > 5
    allowed = octavo(*encode, "--allow-special", text)
    assert allowed.out == f"{SIZE - 3}\n"
    line = bad(octavo(*encode, "--allow-special", "<|endoftex|>"))
    assert 'did you mean "<|endoftext|>"' in line


def test_decode_gives_the_bytes_back(octavo, file):
    text = "Corba lohu,\n  naïve 🌹 fools.\r\n\0"
    ids = octavo("tokenizer", "encode", "--tokenizer", file, text).out
    given = octavo("tokenizer", "decode", "--tokenizer", file, *ids.split())
    assert given.raw == text.encode()
    piped = octavo("tokenizer", "decode", "--tokenizer", file,
                   given=ids.encode())  # fmt: skip
    assert piped.raw == text.encode()
    half = octavo("tokenizer", "decode", "--tokenizer", "bytes", 0xC3)
    assert half.raw == b"\xc3"
    none = octavo("tokenizer", "decode", "--tokenizer", file, "-")
    assert (none.code, none.raw) == (0, b"")


def test_a_file_in_the_way_is_kept_unless_forced(octavo, corpus, tmp_path):
    path = tmp_path / "t.json"
    path.write_text("mine")
    arguments = ("tokenizer", "train", corpus, "--vocab-size", 300,
                 "--out", path)  # fmt: skip
    assert "exists: name another, or give --force" in bad(
        octavo(*arguments)
    )
    assert path.read_text() == "mine"
    assert octavo(*arguments, "--force").code == 0
    assert Tokenizer.load(path).vocab_size == 300


def test_bad_input_is_one_line(octavo, corpus, file, tmp_path):
    decode = ("tokenizer", "decode", "--tokenizer", file)
    for ids, message in (
        (
            (SIZE,),
            f"id {SIZE} is not in the vocabulary, whose ids go from 0",
        ),
        ((10**30,), f"id {10**30} is not in the vocabulary"),
        (("--", "-1"), "id -1 is not in the vocabulary"),
        (("1.5",), '"1.5" is no token id'),
        (("9" * 5000,), "is no token id"),
    ):
        assert message in bad(octavo(*decode, *ids))
    encode = ("tokenizer", "encode", "--tokenizer")
    assert "surrogate" in bad(octavo(*encode, file, "caf\udce9"))
    line = bad(octavo(*encode, file, given=b"caf\xe9"))
    assert "standard input is no UTF-8 text: byte 3 is 0xe9" in line
    assert "gone.json" in bad(octavo(*encode, tmp_path / "gone.json", "x"))
    out = tmp_path / "a.json"
    line = bad(octavo("tokenizer", "train", corpus, "--vocab-size", 300,
                      "--out", out, "--pattern", "gpt3"))  # fmt: skip
    assert 'did you mean "gpt2"' in line
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_a_bad_pattern_is_named(octavo, file, tmp_path):
    content = json.loads(file.read_bytes())
    split = content["pre_tokenizer"]["pretokenizers"][0]
    split["pattern"]["Regex"] = "(unclosed"
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(content))
    line = bad(octavo("tokenizer", "encode", "--tokenizer", path, "x"))
    assert line.startswith(f"octavo: {path}: the pattern '(unclosed' is no")
