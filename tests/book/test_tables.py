"""What stands behind the numbers: the records' origins, and the tables."""

import json
from pathlib import Path

import pytest

from octavo.book.document import Table, plain
from octavo.book.hypertext import HtmlWriter
from octavo.book.notebooks import write_notebooks
from octavo.book.origins import entry_of, read_origins
from octavo.book.paper import chapter_text

ROOT = Path(__file__).parents[2]
CHAPTER = """\
# Small {#small}

## Losses {#losses}

The loss was {read.loss:.2f}.

```python read hidden
from octavo.book.records import read_record

loss = read_record("runs/ten/metrics.jsonl")[-1]["loss"]
times = read_record("times.json")
noted = read_record("noted.json")
```

## Words

```python said
print("half")
```

```output said
```

```table runs
label: behind
caption: What gave them.
```

```table records
```

```table machines
```
"""
ENTRIES = """\
["runs/ten"]
command = ["octavo train", "keep RUN"]
machine = { cpu = "a slow one", cores = 2 }

["times.json"]
seed = "1, 2"
minutes = 0.6

["noted.json"]
minutes = 3
"""
RECIPE = 'octavo = "0.1.0"\ntorch = "2.13.0"\n[training]\nseed = 7\n'
TIMES = {
    "command": "python times.py",
    "machine": {
        "cpu": "a fast one",
        "cores": 8,
        "date": "2026-11-25",
        "system": "Linux-6.18-x86_64",
        "versions": {"torch": "2.13.0"},
    },
}


@pytest.fixture
def clone(book):
    """Return the small book in a clone with two records."""
    ten = book.folder / "benchmarks/results/runs/ten"
    ten.mkdir(parents=True)
    rows = [{"loss": 3.0, "seconds": 60}, {"loss": 1.5, "seconds": 150}]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (ten / "metrics.jsonl").write_text(lines)
    (ten / "recipe.toml").write_text(RECIPE)
    (ten.parents[1] / "times.json").write_text(json.dumps(TIMES))
    noted = {"source": "LOG.md, in June", "rows": []}
    (ten.parents[1] / "noted.json").write_text(json.dumps(noted))
    say(book, ENTRIES)
    book.write(CHAPTER)
    book.record()
    return book


def say(book, entries: str) -> None:
    (book.folder / "benchmarks/records.toml").write_text(entries)


def tables_of(book) -> list[list[str]]:
    chapter = book.weave().chapters[0]
    return [
        [
            " | ".join(map(plain, row)).replace("\u00a0", " ")
            for row in x.rows
        ]
        for x in chapter.all_blocks()
        if isinstance(x, Table)
    ]


def test_the_tables_say_where_numbers_come_from(clone):
    runs, records, machines = tables_of(clone)
    assert runs[1:] == ["1 | Small: 1.1 (read) a b c;\u20021.2 said."]
    assert records[1:] == [
        "a | runs/ten | 2 | 7 | A | 1.1",
        " | octavo train",
        " | keep RUN",
        "b | times.json | 1 | 1, 2 | B | 1.1",
        " | python times.py",
        "c | noted.json | 3 | \u2013 | \u2013 | 1.1",
        " | LOG.md, in June",
    ]
    assert machines == [
        " | A | B",
        "processor | a slow one | a fast one",
        "cores | 2 | 8",
        "system | \u2013 | Linux",
        "torch | 2.13.0 | 2.13.0",
        "measured on | \u2013 | 25 November 2026",
    ]


def test_a_record_may_say_all_of_it_itself(clone):
    say(clone, ENTRIES[: ENTRIES.index('["times')])
    _, records, _ = tables_of(clone)
    assert "b | times.json | \u2013 | \u2013 | B | 1.1" in records


def test_a_table_is_numbered_and_its_sections_are_links(clone):
    woven = clone.weave()
    assert woven.targets["behind"].kind == "table"
    first = next(
        x for x in woven.chapters[0].blocks if isinstance(x, Table)
    )
    assert first.number == "1.1"
    links = [x for x in first.rows[1][1] if hasattr(x, "target")]
    assert [link.target for link in links] == ["#losses"]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            ENTRIES[ENTRIES.index('["times') :],
            '01-small.md:7: benchmarks/records.toml does not say how "ru',
        ),
        (ENTRIES.replace("times.", "tims."), 'is no record "tims.json"'),
        (
            ENTRIES.replace("minutes = 0.6", 'command = "x"'),
            '"times.json" says its command itself',
        ),
        (ENTRIES.replace("command", "# "), 'which command made "runs/ten"'),
        (ENTRIES.replace("seed", "sed"), 'did you mean "seed"'),
    ],
)
def test_the_press_wants_to_know_how_each_record_was_made(
    clone, entries, said
):
    say(clone, entries)
    assert said in clone.fault()


def test_a_table_has_a_program(clone):
    clone.write(CHAPTER.replace("table runs", "table ran"))
    assert "table at 01-small.md:24" in clone.fault()


def test_every_result_has_an_entry():
    results = ROOT / "benchmarks/results"
    origins = read_origins(results)
    data = (".json", ".jsonl", ".toml", ".txt")
    for path in results.rglob("*.*"):
        record = path.relative_to(results).as_posix()
        if path.suffix in data:
            assert entry_of(record, origins), record


def test_a_title_goes_across_its_table_everywhere(book):
    book.write("# Texts\n\n```table corpora\n```\n")
    woven = book.weave()
    paper = chapter_text(woven.chapters[0], woven)
    assert "titling(3, [#raw(" in paper
    table = woven.chapters[0].blocks[1]
    page = HtmlWriter(woven).block(table)
    assert page.count('<td class="title" colspan=3 style=') == 2
    write_notebooks(woven, book.folder / "out")
    notebook = json.loads((book.folder / "out/01-small.ipynb").read_text())
    rows = notebook["cells"][0]["source"].splitlines()[4:]
    assert {row.count(" |") for row in rows} == {3}


def test_commands_stay_with_their_record(clone):
    woven = clone.weave()
    paper = chapter_text(woven.chapters[0], woven)
    assert "over(3, [a]), [#raw(" in paper
    assert paper.count("over(2, [") == 2
    assert paper.count("spanning(5, [") == 4
