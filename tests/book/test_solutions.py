"""Exercises and solutions: the press joins them, and each has its check."""

import json
from functools import cache
from pathlib import Path

import pytest

from octavo.book.checking import Names, passes, restoring, run
from octavo.book.document import Fence, Items, plain, walk
from octavo.book.hypertext import HtmlWriter
from octavo.book.solutions import codes, solutions
from octavo.book.weaving import read_chapters

SOURCE = Path(__file__).parents[2] / "book"
PARTS = {
    one.name: one for one in read_chapters(SOURCE) if one.after is not None
}
EXERCISES = [
    (name, number)
    for name, part in PARTS.items()
    for number in range(1, len(solutions(part)) + 1)
]


@cache
def names_after(part: str) -> Names:
    """What the names of a chapter mean at its end: run once for them all.

    All chapters take about two minutes of one core, their solutions one.
    """
    chapter = PARTS[part].after
    assert chapter is not None
    names: Names = {"__name__": "reader"}
    run([one.code for one in chapter.fences("python")], names)
    return names


@pytest.mark.parametrize(("part", "number"), EXERCISES)
def test_a_solution_passes_its_check_and_a_wrong_one_does_not(
    part, number, works_cache, monkeypatch
):
    monkeypatch.setenv("OCTAVO_CACHE", str(works_cache))
    solution = solutions(PARTS[part])[number - 1]
    (check,), wrong = codes(solution, "check"), codes(solution, "wrong")
    assert wrong, "nothing shows that the check can fail"
    names = names_after(part)
    with restoring(names):
        run(codes(solution, "python"), names)
        assert passes("", check, names)
        for answer in wrong:  # in the place of what the solution found
            assert not passes(answer, check, names)


def test_names_mean_again_what_they_meant():
    names = {"half": 2}
    assert passes("half = 3", "assert half == 3", names)
    assert not passes("other = half", "assert other == 3", names)
    with pytest.raises(NameError):
        passes("", "assert nobody", names)
    assert names.keys() - {"__builtins__"} == {"half"}
    assert names["half"] == 2


CHAPTER = """\
# Halves {#halves}

```python ten
ten = 10
```

## Exercises {#try}

1. Divide {ten.ten} by two. What is it
   twice over?
2. Is it *odd*, by [section](#try)? Say why.
"""
SOLVED = """\
# Halves

1. It is {solution-1-1.half:.0f}.

   ```python hidden
   half = ten / 2
   ```

   ```python
   ten = half
   print(ten)
   ```

   ```check
   assert half == 5
   ```

   ```wrong
   half = 2
   ```

2. As odd as three: it is {solution-1-2.left} more than four.

   ```python
   left = ten / 2 - 4
   ```
"""
APPENDIX = "# Answers {#answers}\n\nThey are:\n\n```solutions\n```\n"


@pytest.fixture
def solved(book):
    """A book of a chapter, its solutions and the appendix with them."""
    (book.folder / "solutions").mkdir()
    book.write(CHAPTER)
    book.write(SOLVED, "solutions/01.md")
    book.write(APPENDIX, "B-answers.md")
    return book


def test_an_appendix_has_the_solutions_below_what_was_asked(solved):
    solved.record()
    chapter, appendix = solved.weave().chapters
    _, _, heading, answers = appendix.blocks
    assert isinstance(answers, Items)
    assert heading.words == "B.1 Halves"
    (asked, said, *shown), (again, _) = (
        answers.items[0],
        answers.items[1][:2],
    )
    assert plain(asked.children) == "Divide 10 by two."
    assert plain(again.children) == "Is it odd, by section\u00a01.1?"
    assert plain(said.children) == "It is 5."
    kinds = [
        (one.kind, one.code) for one in shown if isinstance(one, Fence)
    ]
    assert kinds == [
        ("python", "half = ten / 2"),
        ("python", "ten = half\nprint(ten)"),
        ("output", "5.0"),
    ]
    assert chapter.number == "1"


def test_a_solution_knows_nothing_of_the_one_before(solved):
    solved.record()
    path = solved.folder / "recorded/solutions/01.json"
    assert json.loads(path.read_text())["solution-1-2"]["values"] == {
        "left": 1.0
    }


def test_exercises_and_solutions_lead_to_each_other(solved):
    solved.record()
    book = solved.weave()
    chapter, appendix = map(HtmlWriter(book).blocks, (
        one.blocks for one in book.chapters))  # fmt: skip
    assert '<li id="exercise-1-2">' in chapter
    assert 'href="B-answers.html#solution-1-2">solution</a></p>' in chapter
    assert '<li id="solution-1-2">' in appendix
    assert 'href="01-small.html#exercise-1-2">exercise</a></p>' in appendix


NUMBERS = "3 solutions to 2 exercises"
AMISS = [
    ("- 4\n   ```\n", "- 4\n   ```\n\n3. It is.\n", NUMBERS),
    ("# Halves\n", "# Halfs\n", ': the title is "Halves"'),
    ("ten / 2\n", "ten / 3\n", ':5: the recording of "solution-1-1" is'),
    ("more than", "mroe than", ':22: no dictionary knows "mroe"'),
    ("left}", "gone}", "stale"),
    ("1. It", "It", ":1: solutions are a title and one list"),
]


@pytest.mark.parametrize(("before", "after", "message"), AMISS)
def test_what_is_amiss_with_solutions_is_named(
    solved, before, after, message
):
    solved.record()
    solved.write(SOLVED.replace(before, after, 1), "solutions/01.md")
    said = solved.fault()
    assert said.startswith("solutions/01.md")
    assert message in said


def test_an_exercise_without_a_solution_is_named_and_the_reverse(solved):
    solved.record()
    solved.write(SOLVED, "solutions/07.md")
    assert solved.fault() == "solutions/07.md solves no chapter"
    (solved.folder / "solutions/07.md").unlink()
    (solved.folder / "B-answers.md").unlink()
    assert "has no block ```solutions" in solved.fault()
    (solved.folder / "solutions/01.md").unlink()
    said = "01-small.md has exercises: write solutions/01.md"
    assert said in solved.fault()


def test_a_chapter_s_change_makes_its_solutions_stale(solved):
    solved.record()
    solved.write(CHAPTER.replace("ten = 10", "ten = 12"))
    assert '"solution-1-2" is stale' in solved.fault()
    solved.record()
    blocks = list(walk(solved.weave().chapters[1].blocks))
    assert "It is 6." in [
        plain(one.children) for one in blocks if hasattr(one, "children")
    ]


def test_every_chapter_of_the_book_has_its_solutions():
    assert len(PARTS) == sum(
        "\n## Exercises" in path.read_text("utf-8")
        for path in SOURCE.glob("*-*.md")
    )
