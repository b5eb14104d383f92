from octavo.text import Corpus, Document
from octavo.text.summary import list_catalogue, sample, summarise


def test_a_summary_counts_bytes_and_characters():
    corpus = Corpus(
        name="n",
        title="t",
        source="s",
        train=(
            Document(name="a", text="cœur\n"),
            Document(name="b", text="x"),
        ),
        held_out=(Document(name="c", text="yy"),),
        notes=("one", "two"),
    )
    assert summarise(corpus) == {
        "name": "n",
        "title": "t",
        "source": "s",
        "fingerprint": corpus.fingerprint,
        "train": {
            "documents": 2,
            "bytes": 7,
            "characters": 6,
            "names": [
                {"name": "a", "bytes": 6, "characters": 5},
                {"name": "b", "bytes": 1, "characters": 1},
            ],
        },
        "held_out": {
            "documents": 1,
            "bytes": 2,
            "characters": 2,
            "names": [{"name": "c", "bytes": 2, "characters": 2}],
        },
        "notes": ["one", "two"],
        "sample": "cœur",
    }


def test_a_sample_is_some_lines_and_not_too_long():
    lines = "".join(f"{i}\n" for i in range(100))
    assert sample(lines) == "\n".join(str(i) for i in range(12))
    assert sample("short") == "short"
    assert sample("x" * 2_000) == "x" * 900 + " ..."


def test_the_catalogue_is_listed_without_fetching(tmp_path, monkeypatch):
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path))
    rows = list_catalogue()
    assert [row["name"] for row in rows] == [
        *("shakespeare", "first-folio", "sonnets", "milton"),
        "tiny-shakespeare",
    ]
    assert {row["cached"] for row in rows} == {False}
    assert rows[3]["held_out"] == ["paradise-regained"]
    assert rows[4]["held_out"] == ["the last tenth"]
    assert rows[4]["bytes"] == 1_115_394
    assert list(tmp_path.iterdir()) == []
