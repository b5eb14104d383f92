"""`octavo book` on a book of one chapter."""

import json

import pytest

from octavo.cli.main import explain

from .conftest import bad

CHAPTER = """\
# Small

Half of ten is {half.answer:.1f}.

```python half
answer = 10 / 2
```
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "01-small.md").write_text(CHAPTER, "utf-8")
    return folder


def test_a_book_is_recorded_and_built(octavo, source, tmp_path):
    done = octavo("book", "record", "01-small", "--source", source)
    assert (done.code, done.out) == (0, "1 of 1 recorded anew\n")
    done = octavo("book", "record", "--source", source)
    assert done.out == "0 of 1 recorded anew\n"
    out = tmp_path / "out"
    done = octavo("book", "build", "--source", source, "--out", out)
    assert done.code == 0, done.err
    assert done.out.split() == [
        str(out / "octavo.pdf"),
        str(out / "web/index.html"),
        str(out / "notebooks"),
    ]
    assert (out / "octavo.pdf").read_bytes().startswith(b"%PDF")
    page = (out / "web/01-small.html").read_text("utf-8")
    assert "<p>Half of ten is 5.0.</p>" in page
    notebook = json.loads((out / "notebooks/01-small.ipynb").read_text())
    assert [cell["source"] for cell in notebook["cells"]] == [
        "# 1 Small\n\nHalf of ten is 5.0.",
        "answer = 10 / 2",
    ]


def test_a_chapter_is_recorded_with_the_solutions_to_it(octavo, source):
    solved = "# Small\n\n1. {solution-1-1.same}.\n\n"
    solved += "   ```python\n   same = answer\n   ```\n"
    (source / "solutions").mkdir()
    (source / "solutions/01.md").write_text(solved, "utf-8")
    (source / "B-all.md").write_text("# All\n\n```solutions\n```\n")
    for name in ("01-small", "solutions/01"):
        done = octavo("book", "record", name, "--source", source)
        assert done.code == 0, done.err
        assert done.out in (
            "2 of 2 recorded anew\n",
            "0 of 1 recorded anew\n",
        )


def test_a_book_that_is_not_so_is_not_built(octavo, source, tmp_path):
    out = tmp_path / "out"
    line = bad(octavo("book", "build", "--source", source, "--out", out))
    assert '01-small.md:5: "half" is not recorded' in line
    assert not out.exists()


def test_what_is_not_there_is_named(octavo, source, tmp_path):
    line = bad(octavo("book", "record", "02-large", "--source", source))
    assert 'unknown chapter: "02-large"' in line
    line = bad(octavo("book", "build", "--source", tmp_path / "none"))
    assert "holds no chapters" in line
    line = bad(octavo("book", "open", "--out", tmp_path / "none"))
    assert "octavo.pdf does not exist: run `octavo book build`" in line


def test_all_of_it_is_written_as_one_file(octavo, tmp_path):
    out = tmp_path / "new" / "one.py"
    done = octavo("book", "one-file", "--out", out)
    assert (done.code, done.out) == (0, f"{out}\n"), done.err
    compile(out.read_text("utf-8"), out, "exec")
    line = bad(octavo("book", "one-file", "--out", out / "below.py"))
    assert str(out) in line


def test_the_press_is_an_extra():
    error = ModuleNotFoundError("No module named 'typst'", name="typst")
    assert explain(error) == (
        2,
        "the press is not installed: pip install 'octavo[book]'",
    )
    assert explain(ModuleNotFoundError("no", name="other"))[0] == 1
