import json

from octavo.book.document import plain
from octavo.book.recordings import list_runs
from octavo.book.running import stale
from octavo.book.weaving import read_chapters

TWO = """\
# Two

The sum is {second.total:d}.

```python first
numbers = [1, 2]
```

```python second
total = sum(numbers)
print(total)
```

```output second
```
"""


def recordings(book) -> dict:
    return json.loads((book.folder / "recorded/01-small.json").read_text())


def test_snippets_of_a_chapter_share_their_names(book):
    book.write(TWO)
    told = []
    book.record(told.append)
    assert told == ["first", "second"]
    recorded = recordings(book)
    assert recorded["second"]["output"] == "3"
    assert recorded["second"]["values"] == {"total": 3}


def test_only_what_is_stale_runs_again(book):
    book.write(TWO)
    book.record()
    told = []
    book.record(told.append)
    assert told == []
    book.write(TWO.replace("[1, 2]", "[1, 2, 3]"))
    runs = list_runs(read_chapters(book.folder))
    assert [run.block.name for run in stale(runs)] == ["first", "second"]
    book.record(told.append)
    assert told == ["first", "second"]
    book.weave()


def test_a_recording_of_what_is_gone_goes(book):
    book.write(TWO)
    book.record()
    book.write(
        TWO.split("```python second", maxsplit=1)[0].replace(
            "{second.total:d}", "3"
        )
    )
    book.record()
    recorded = recordings(book)
    assert list(recorded) == ["first"]


def test_a_command_is_recorded_with_the_values_of_its_json(book):
    book.write(
        "# Corpora\n\nThere is {list.corpora}.\n\n```sh list\n"
        "octavo corpus list --json\n```\n\n```output list\n```\n"
    )
    assert 'prints no JSON object with "corpora"' in book.fault("record")
    book.write(
        "# Help\n\n```sh help\noctavo plan --help\n```\n\n"
        "```output help\nlines: 1\n```\n"
    )
    book.record()
    book.weave()


def test_a_snippet_that_fails_is_named(book):
    book.write("# Bad\n\n```python bad\n1 / 0\n```\n")
    assert '01-small.md:3: "bad" failed: Zero' in book.fault("record")
    assert not (book.folder / "recorded").exists()


def test_a_command_is_one_of_ours(book):
    book.write("# Bad\n\n```sh bad\nrm -r here\n```\n")
    assert "01-small.md:3: a command begins" in book.fault("record")


READS = """\
# Read

The loss was {read.loss:.2f}.

```python read
from octavo.book.records import read_record

loss = read_record("runs/a.jsonl")[-1]["loss"]
```
"""


def test_a_record_is_read_and_what_read_it_is_stale_when_it_changes(book):
    path = book.folder / "benchmarks/results/runs/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"loss": 3.0}\n{"loss": 1.414}\n')
    entry = '["runs/a.jsonl"]\ncommand = "octavo train"\n'
    (book.folder / "benchmarks/records.toml").write_text(entry)
    book.write(READS)
    book.record()
    assert recordings(book)["read"]["values"] == {"loss": 1.414}
    book.weave()
    path.write_text('{"loss": 3.0}\n{"loss": 1.401}\n')
    assert '"read" is stale' in book.fault()


def test_a_record_has_a_name_that_the_press_can_read(book):
    (book.folder / "benchmarks/results").mkdir(parents=True)
    book.write(READS)
    assert ':5: benchmarks/results has no record "runs/a.j' in book.fault()
    book.write(READS.replace('"runs/a.jsonl"', "name"))
    assert "01-small.md:5: write the record's name out" in book.fault()


def test_a_value_may_stand_in_a_table_of_values(book):
    text = (
        "# Times\n\nIt took {all.table.b.1:.1f} s.\n\n```python all\n"
        'table = {"a": 1, "b": [2.5, 3.25]}\n```\n'
    )
    book.write(text)
    book.record()
    assert plain(book.weave().chapters[0].blocks[1].children) == (
        "It took 3.2 s."
    )
    for wrong in ("table.c", "table.b.7", "table.b.c"):
        book.write(text.replace("table.b.1", wrong))
        assert f":3: all.{wrong}: " in book.fault()
