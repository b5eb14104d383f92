"""A chapter as a tree: what the reader makes, and the writers print.

The weaver fills in what only it knows: numbers, code, outputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from octavo.book.sources import Source


@dataclass(frozen=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True)
class Styled:
    """Inlines in another voice."""

    # "emphasis"; "term": introduced here, so in the index; or "aside"
    style: str
    children: list["Inline"]


@dataclass(frozen=True)
class Code:
    """Code inside a sentence."""

    text: str


@dataclass(frozen=True)
class Formula:
    """Mathematics inside a sentence, as LaTeX."""

    latex: str


@dataclass(frozen=True)
class Link:
    """Words that lead to an address, or to a label as "#label"."""

    target: str
    children: list["Inline"]


@dataclass(frozen=True)
class Citation:
    """A source of the bibliography."""

    key: str


@dataclass(frozen=True)
class Value:
    """What a recording holds, {name.field:format} or {name.field.key}."""

    name: str
    field: str
    inside: tuple[str, ...]  # keys of a dictionary, places in a list
    form: str

    def of(self, recorded: Any) -> str:
        """Return it as words; raises LookupError for a key not there."""
        for key in self.inside:
            is_list = isinstance(recorded, list)
            recorded = recorded[int(key) if is_list else key]
        return format(recorded, self.form)


Inline = Text | Styled | Code | Formula | Link | Citation | Value


@dataclass
class Block:
    """A part of a chapter, and the line of its file where it begins."""

    line: int
    label: str = ""
    number: str = ""  # 6.1, by the weaver, of what is numbered


@dataclass
class Heading(Block):
    """A title: level 1 is the chapter's, 2 a section's, 3 below."""

    level: int = 1
    children: list[Inline] = field(default_factory=list)
    recto: bool = False  # a chapter that begins on a right-hand page

    @property
    def words(self) -> str:
        """Return the title after its number, if it has one."""
        return f"{self.number} {plain(self.children)}".strip()


@dataclass
class Paragraph(Block):
    """Sentences."""

    children: list[Inline] = field(default_factory=list)


@dataclass
class Asked(Paragraph):
    """The beginning of an exercise, above its solution."""


@dataclass
class Entry(Paragraph):
    """A work of the bibliography, and why one would read it."""

    source: Source = field(kw_only=True)


@dataclass
class Quote(Block):
    """Blocks in another's voice."""

    blocks: list[Block] = field(default_factory=list)


@dataclass
class Items(Block):
    """A list, numbered or not."""

    ordered: bool = False
    items: list[list[Block]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)  # of each item, or
    leads: list[str] = field(default_factory=list)  # none; where it leads


@dataclass
class Answers(Items):
    """Solutions, each after what was asked."""


@dataclass
class Table(Block):
    """Rows of cells; the first row is the header.

    The last cell of a shorter row spans the rest, and a row of one cell is
    a title for those below it. One that begins with an empty cell goes on
    with the row above, and stays with it.
    """

    program: str = ""  # what makes it, if the chapter does not have it
    rows: list[list[list[Inline]]] = field(default_factory=list)
    aligned: list[str] = field(default_factory=list)  # left, center, right
    caption: list[Inline] = field(default_factory=list)


@dataclass
class Equation(Block):
    """Mathematics on its own line, as LaTeX."""

    latex: str = ""


@dataclass
class Fence(Block):
    """A fenced block that names something: see `reading.py`."""

    kind: str = ""  # listing, python, sh, output, figure, and so on
    name: str = ""
    code: str = ""
    options: dict[str, str] = field(default_factory=dict)
    caption: list[Inline] = field(default_factory=list)
    # By the weaver:
    place: str = ""  # where the code stands, for readers
    picture: str = ""  # a figure, drawn


@dataclass
class Chapter:
    """A file of the book: a chapter, or the solutions to one."""

    path: Path
    blocks: list[Block]
    title: list[Inline] = field(default_factory=list)
    label: str = ""
    number: str = ""  # 6, or A for an appendix, or "" for a preface
    # Of solutions:
    after: "Chapter | None" = None  # whose exercises they solve
    within: "Chapter | None" = None  # the appendix that shows them

    @property
    def folder(self) -> Path:
        """Return the book's folder."""
        return self.after.folder if self.after else self.path.parent

    @property
    def name(self) -> str:
        """Return the file without its ending: 06-attention."""
        return self.path.relative_to(self.folder).with_suffix("").as_posix()

    @property
    def names(self) -> list[str]:
        """Return its name, and of solutions their chapter's."""
        return [self.name, *([self.after.name] if self.after else [])]

    @property
    def file(self) -> str:
        """Return the file, for messages."""
        return f"{self.name}.md"

    @property
    def kind(self) -> str:
        """Return what it is called by those who refer to it."""
        return "appendix" if self.number.isalpha() else "chapter"

    def where(self, line: int) -> str:
        """Return a place in the chapter, for messages."""
        return f"{self.file}:{line}"

    def all_blocks(self) -> Iterator[Block]:
        """Yield every block, those inside others too."""
        yield from walk(self.blocks)

    def fences(self, *kinds: str) -> Iterator[Fence]:
        """Yield the fenced blocks of some kinds."""
        for block in self.all_blocks():
            if isinstance(block, Fence) and block.kind in kinds:
                yield block

    def inlines(self) -> Iterator[tuple[int, Inline]]:
        """Yield every inline of the chapter, and its block's line."""
        for block in self.all_blocks():
            for children in inlines_of(block):
                for inline in walk_inlines(children):
                    yield block.line, inline


def walk(blocks: list[Block]) -> Iterator[Block]:
    """Yield blocks and the blocks inside them, in reading order."""
    for block in blocks:
        yield block
        if isinstance(block, Quote):
            yield from walk(block.blocks)
        elif isinstance(block, Items):
            for item in block.items:
                yield from walk(item)


def inlines_of(block: Block) -> Iterator[list[Inline]]:
    """Yield the lists of inlines that a block itself holds."""
    if isinstance(block, Heading | Paragraph):
        yield block.children
    elif isinstance(block, Fence):
        yield block.caption
    elif isinstance(block, Table):
        yield block.caption
        for row in block.rows:
            yield from row


def walk_inlines(children: list[Inline]) -> Iterator[Inline]:
    """Yield inlines and the inlines inside them."""
    for child in children:
        yield child
        if isinstance(child, Styled | Link):
            yield from walk_inlines(child.children)


def plain(children: list[Inline]) -> str:
    """Return inlines as bare words."""
    return "".join(
        plain(child.children)
        if isinstance(child, Styled | Link)
        else getattr(child, "text", "") or getattr(child, "latex", "")
        for child in children
    )
