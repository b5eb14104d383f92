"""The exercises: every solution passes its check, a wrong one does not.

The snippets of a chapter run once, before the first of its exercises.
"""

from functools import cache
from pathlib import Path

import pytest

from octavo.book.checking import Names, passes, restoring, run
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
    """What the names of a chapter mean at its end."""
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
    assert wrong, (
        "no wrong answer, so nothing shows that the check can fail"
    )
    names = names_after(part)
    with restoring(names):
        run(codes(solution, "python"), names)
        assert passes("", check, names)
        for answer in wrong:  # in the place of what the solution found
            assert not passes(answer, check, names)
