"""Checks of answers to the exercises, ours and a reader's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Names = dict[str, Any]


def run(snippets: list[str], names: Names) -> None:
    """Run snippets, one after the other."""
    for code in snippets:
        exec(code, names)  # noqa: S102


def passes(answer: str, check: str, names: Names) -> bool:
    """Return whether a check accepts an answer, run with these names.

    The check says with `assert` what must hold; it may use the names too.
    """
    with restoring(names):
        run([answer], names)
        try:
            run([check], names)
        except AssertionError:
            return False
    return True


@contextmanager
def restoring(names: Names) -> Iterator[None]:
    """Let all names mean afterwards what they meant before."""
    before = dict(names)
    try:
        yield
    finally:
        names.clear()
        names.update(before)
