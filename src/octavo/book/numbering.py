"""Numbers: which figure is 6.2, and what a label leads to."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from octavo.book.document import (
    Block,
    Chapter,
    Equation,
    Fence,
    Heading,
    Items,
    Table,
)
from octavo.foundation import UserError

COUNTED = ("section", "figure", "listing", "table", "equation")
KINDS = ("chapter", "appendix", *COUNTED)


@dataclass(frozen=True)
class Target:
    """What a reference can lead to."""

    kind: str
    number: str
    chapter: Chapter


def number(chapters: Iterable[Chapter]) -> dict[str, Target]:
    """Give numbers to sections, figures, listings, tables and equations.

    A preface has no number, and its sections have none. Solutions have
    that of their appendix, and go on where it ends.
    Returns what each label leads to.
    """
    targets: dict[str, Target] = {}
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for chapter in chapters:
        counts, page = counted[chapter.number], chapter.within or chapter
        for block in chapter.all_blocks():
            kind = kind_of(block, chapter)
            if kind == chapter.kind:
                block.number = chapter.number
            elif kind and (chapter.number or kind != "section"):
                counts[kind] += 1
                block.number = f"{chapter.number}.{counts[kind]}".strip(".")
            if block.label in targets:
                where = chapter.where(block.line)
                raise UserError(f'{where}: a second "{block.label}"')
            if block.label:
                targets[block.label] = Target(kind, block.number, page)
            if isinstance(block, Items):
                for label in block.labels:
                    targets[label] = Target("item", "", page)
    return targets


def kind_of(block: Block, chapter: Chapter) -> str:
    """Return what a block is called by those who refer to it."""
    if isinstance(block, Heading):
        return {1: chapter.kind, 2: "section"}.get(block.level, "")
    if isinstance(block, Fence) and block.kind in ("figure", "listing"):
        return block.kind
    if isinstance(block, Table) and block.caption:
        return "table"
    return "equation" if isinstance(block, Equation) and block.label else ""
