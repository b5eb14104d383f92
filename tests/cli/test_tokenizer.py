"""`octavo tokenizer compare` and `view`, from end to end."""

import json
import subprocess

import pytest

from octavo.tokenizer import Tokenizer, bytes_per_token
from octavo.tokenizer.comparison.samples import installed_samples
from octavo.tokenizer.published import load_published

from .conftest import command_line

SIZE = 300


@pytest.fixture(scope="module")
def file(corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    texts = [
        (corpus / f"play-{i}.txt").read_text("utf-8") for i in range(3)
    ]
    Tokenizer.train(texts, SIZE).save(path)
    return path


def bad(octavo, *arguments: object) -> str:
    done = octavo("tokenizer", *arguments)
    assert done.code == 2, done.err
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("octavo: ")
    return done.err


def test_view_prints_tokens_over_ids(octavo):
    done = octavo("tokenizer", "view", "Hello world!\n\tGr\u00fc\u00dfe")
    assert done.code == 0, done.err
    rows = [line.split() for line in done.out.splitlines()]
    ids = load_published("gpt2").encode("Hello world!\n\tGr\u00fc\u00dfe")
    assert rows[0] == ["Hello", "·world", "!", "↵"]
    assert [*map(int, rows[1]), *map(int, rows[3])] == ids
    assert rows[2] == ["→", "Gr", "\u00fc", "\u00df", "e"]
    counted = f"{len(ids)} tokens, 21 bytes, {21 / len(ids):.2f}"
    assert done.out.endswith(f"\n\n{counted} bytes per token\n")


def test_view_takes_a_file_and_prints_markup_as_it_is(octavo, file):
    text = "[bold]:smile:[/bold]"
    done = octavo("tokenizer", "view", text, "--tokenizer", file)
    shown = "".join(done.out.splitlines()[0].split())
    assert text.startswith(shown)
    ids = Tokenizer.load(file).encode(text)
    done = octavo("tokenizer", "view", text, "--tokenizer", file, "--json")
    tokens = json.loads(done.out)["tokens"]
    assert [token["id"] for token in tokens] == ids
    assert bytes.fromhex("".join(t["bytes"] for t in tokens)).decode() == (
        text
    )


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"Hello world", 0, "Hello ·world"),
        (b"caf\xe9", 2, "octavo: standard input is no UTF-8 text: byte 3"),
    ],
)
def test_view_reads_standard_input(data, code, said):
    done = subprocess.run(
        command_line("tokenizer", "view", "-"),
        input=data,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code
    assert (done.stdout + done.stderr).decode().startswith(said)


def test_view_traces_a_word(octavo):
    done = octavo("tokenizer", "view", "--trace", " tokenization")
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[1] == ["·tokenization:", "11", "merges"]
    assert lines[3] == ["0", "256", "·t", "·t", *"okenization"]
    assert lines[-1] == [
        "10,985", "11,241", "·token", "·token", "ization",
    ]  # fmt: skip
    done = octavo("tokenizer", "view", "--trace", " the", "--json")
    trace = json.loads(done.out)["trace"]
    assert trace[-1] == {"rank": 6, "id": 262, "pieces": [" the"]}


def test_view_writes_a_page(octavo, file, tmp_path):
    page = tmp_path / "page.html"
    done = octavo("tokenizer", "view", "Corba <fi>", "--tokenizer", file,
                  "--trace", "Corba", "--html", page)  # fmt: skip
    assert done.code == 0, done.err
    written = page.read_text("utf-8")
    ids = Tokenizer.load(file).encode("Corba <fi>")
    assert [f'data-id="{i}"' in written for i in ids] == [True] * len(ids)
    assert "&lt;" in written
    assert "How “Corba” is built" in written


def test_bad_input_to_view_is_one_line(octavo, tmp_path, monkeypatch):
    assert "give a TEXT" in bad(octavo, "view")
    assert "absent.json" in bad(
        octavo, "view", "x", "--tokenizer", tmp_path / "absent.json"
    )
    assert "trace one of them" in bad(octavo, "view", "--trace", "a b")
    assert "surrogate" in bad(octavo, "view", "\ud800")
    (tmp_path / "file").write_text("")
    assert "cannot write" in bad(
        octavo, "view", "x", "--html", tmp_path / "file" / "page.html"
    )
    monkeypatch.setattr(
        "octavo.tokenizer.published.find_spec", lambda _name: None
    )
    line = bad(octavo, "view", "x")
    assert "not installed" in line
    assert "octavo[compare]" in line


def test_published_names_work_for_encode_and_decode(octavo):
    done = octavo(
        "tokenizer", "encode", "--tokenizer", "gpt2", "Hello world"
    )
    assert done.out == "15496 995\n"


@pytest.fixture(scope="module")
def compared(octavo, corpus, tmp_path_factory):
    """What compare does with a small corpus: output, Markdown, chart."""
    folder = tmp_path_factory.mktemp("compared")
    done = octavo("tokenizer", "compare", "--corpus", corpus,
                  "--vocab-size", SIZE, "--json", "--markdown",
                  folder / "table.md",
                  "--chart", folder / "c.svg")  # fmt: skip
    assert done.code == 0, done.err
    return json.loads(done.out), folder


def test_compare_measures_the_held_out_part(compared, corpus):
    content, _ = compared
    rows = {row["name"]: row for row in content["rows"]}
    assert len(rows) == 10
    assert not any(row["missing"] for row in rows.values())
    texts = {text["name"]: text for text in content["texts"]}
    assert list(texts) == [
        "held out", "prose", "Python", "Russian", "Chinese",
    ]  # fmt: skip
    assert rows["bytes"]["bytes_per_token"]["held out"] == 1.0
    # Every word here is of two syllables, in small letters or a capital.
    assert rows["Octavo BPE"]["vocab_size"] == SIZE
    assert rows["Octavo BPE"]["bytes_per_token"]["held out"] > 2
    held = texts["held out"]["bytes"]
    sizes = [path.stat().st_size for path in corpus.iterdir()]
    assert held in sizes


def test_compare_is_right_about_gpt2(compared):
    content, _ = compared
    gpt2 = load_published("gpt2")
    row = next(r for r in content["rows"] if r["name"] == "tiktoken gpt2")
    for sample in installed_samples():
        assert row["bytes_per_token"][sample.name] == bytes_per_token(
            gpt2, sample.documents
        )


def test_compare_writes_table_and_chart(compared):
    content, folder = compared
    table = (folder / "table.md").read_text("utf-8")
    assert table.startswith("| tokenizer | ids | bytes per token: held out")
    assert all(sentence in table for sentence in content["findings"])
    assert (folder / "c.svg").read_text("utf-8").startswith("<?xml")


def test_compare_prints_a_table_for_people(octavo, corpus, monkeypatch):
    monkeypatch.setattr(
        "octavo.tokenizer.comparison.samples.LANGUAGES", {"Russian": "ru"}
    )
    done = octavo(
        "tokenizer", "compare", "--corpus", corpus, "--vocab-size", SIZE
    )
    lines = done.out.splitlines()
    names = [line.split("  ")[0] for line in lines]
    assert "Octavo BPE" in names
    assert "tiktoken cl100k" in names
    assert "notes:" in lines
    assert "Chinese" not in done.out
    assert "…" not in done.out


def test_bad_input_to_compare_is_one_line(octavo, corpus, tmp_path):
    for arguments, message in (
        (("--corpus", "shakespear"), 'did you mean "shakespeare"'),
        (("--corpus", corpus, "--vocab-size", 100), "at least 259"),
        (("--corpus", corpus, "--chart", "a.gif"), ".png or an .svg"),
    ):
        assert message in bad(octavo, "compare", *arguments)
