"""Solutions: `solutions/06.md` has one for each exercise of chapter 6.

The file has the chapter's title and a numbered list. Its snippets run after
the chapter's; each solution begins with the names that the chapter ends
with, and knows nothing of the other solutions. Snippets need no names here:
what one prints is shown below it, and the first of solution 6.2 is called
`solution-6-2` by sentences that take a value from it. Every solution has
two more blocks, which run in the tests and are not shown:

    check    what holds if the answer is right, as assertions
    wrong    what somebody may have found instead, and the check refuses
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from octavo.book.document import (
    Answers,
    Asked,
    Block,
    Chapter,
    Fence,
    Heading,
    Inline,
    Items,
    Paragraph,
    Text,
    plain,
    walk,
)
from octavo.book.reading import read_into
from octavo.foundation import UserError

TITLE = "Exercises"
UNSEEN = ("check", "wrong")
SENTENCE = re.compile(r"[.?!](?=\s|$)")  # where one ends


def exercises(chapter: Chapter) -> Items:
    """Return the list below the chapter's heading, or an empty one."""
    heading = False
    for block in chapter.blocks:
        if isinstance(block, Heading):
            heading = plain(block.children) == TITLE
        elif heading and isinstance(block, Items):
            return block
    return Items(0)


def read_solutions(folder: Path, chapters: list[Chapter]) -> list[Chapter]:
    """Read the solutions to the chapters' exercises, as far as they are.

    Raises UserError if there are some, and no appendix shows them.
    """
    found = []
    shows = [one for one in chapters if any(one.fences("solutions"))]
    for chapter in chapters:
        path = file_of(chapter)
        if path.exists():
            if not shows:
                raise UserError(f"{folder} has no block ```solutions")
            part = Chapter(path, [], after=chapter, within=shows[0])
            part.number = shows[0].number
            join(chapter, read_into(part, ("python", *UNSEEN)))
            found.append(part)
    return found


def file_of(chapter: Chapter) -> Path:
    """Return where the solutions to a chapter's exercises stand."""
    key = chapter.path.name.partition("-")[0]
    return chapter.path.parent / "solutions" / f"{key}.md"


def join(chapter: Chapter, part: Chapter) -> None:
    """Let exercises and solutions lead to each other, and name snippets."""
    if [type(block) for block in part.blocks] != [Heading, Items]:
        where = part.where(1)
        raise UserError(f"{where}: solutions are a title and one list")
    heading, found = part.blocks
    assert isinstance(heading, Heading)
    assert isinstance(found, Items)
    heading.level, asked = 2, exercises(chapter)
    heading.label = chapter.label and f"solutions-{chapter.label}"
    places = [f"{chapter.number}-{n + 1}" for n in range(len(found.items))]
    answers = Answers(found.line, ordered=True)
    answers.items = [
        list(named(item, f"solution-{place}"))
        for item, place in zip(found.items, places, strict=True)
    ]
    if len(asked.items) == len(found.items):
        answers.labels = asked.leads = [f"solution-{one}" for one in places]
        answers.leads = asked.labels = [f"exercise-{one}" for one in places]
    part.blocks[1] = answers


def named(item: list[Block], name: str) -> Iterator[Block]:
    """Yield a solution's blocks; its snippets get names and outputs."""
    count = 0
    for block in item:
        yield block
        if isinstance(block, Fence) and block.kind == "python":
            count += 1
            block.name = name if count == 1 else f"{name}-{count}"
            block.options["solution"] = name
            if "print(" in block.code:
                yield Fence(block.line, kind="output", name=block.name)


def solution_faults(chapters: Iterable[Chapter]) -> Iterator[str]:
    """Yield a line for exercises without solutions, and the reverse."""
    chapters = list(chapters)
    parts = {one.after.name: one for one in chapters if one.after}
    for chapter in chapters:
        asked = len(exercises(chapter).items)
        path = file_of(chapter).relative_to(chapter.path.parent)
        if chapter.name in parts:
            yield from _differences(chapter, parts[chapter.name], asked)
        elif asked:
            yield f"{chapter.file} has exercises: write {path.as_posix()}"
    known = {one.path for one in chapters}
    for path in sorted((chapters[0].folder / "solutions").glob("*.md")):
        if path not in known:
            yield f"solutions/{path.name} solves no chapter"


def _differences(
    chapter: Chapter, part: Chapter, asked: int
) -> Iterator[str]:
    """Yield what a chapter and its solutions do not have in common."""
    if plain(part.title) != plain(chapter.title):
        yield f'{part.file}: the title is "{plain(chapter.title)}"'
    found = len(solutions(part))
    if found != asked:
        yield f"{part.file}: {found} solutions to {asked} exercises"


def solutions(part: Chapter) -> list[list[Block]]:
    """Return the blocks of each solution."""
    answers = part.blocks[1]
    assert isinstance(answers, Items)
    return answers.items


def codes(solution: list[Block], kind: str) -> list[str]:
    """Return the code of a solution's blocks of one kind."""
    blocks = [one for one in walk(solution) if isinstance(one, Fence)]
    return [one.code for one in blocks if one.kind == kind]


def bind(chapters: list[Chapter]) -> list[Chapter]:
    """Put woven solutions into their appendix; return the chapters."""
    parts = [one for one in chapters if one.after]
    for part in parts:
        asked = exercises(part.after or part).items
        for exercise, solution in zip(asked, solutions(part), strict=True):
            solution[:] = [
                reminder(exercise[0]),
                *(one for one in solution if not is_unseen(one)),
            ]
    shown = [block for part in parts for block in part.blocks]
    whole = [one for one in chapters if not one.after]
    for chapter in whole:
        chapter.blocks = [
            new
            for block in chapter.blocks
            for new in (shown if is_place(block) else [block])
        ]
    return whole


def is_unseen(block: Block) -> bool:
    """Return whether a block is for the tests."""
    return isinstance(block, Fence) and block.kind in UNSEEN


def is_place(block: Block) -> bool:
    """Return whether a block is where the solutions go."""
    return isinstance(block, Fence) and block.kind == "solutions"


def reminder(exercise: Block) -> Asked:
    """Return the first sentence of an exercise."""
    assert isinstance(exercise, Paragraph)
    kept: list[Inline] = []
    for child in exercise.children:
        ends = isinstance(child, Text) and SENTENCE.search(child.text)
        if isinstance(child, Text) and ends:
            kept.append(Text(child.text[: ends.end()]))
            break
        kept.append(child)
    return Asked(exercise.line, children=kept)
