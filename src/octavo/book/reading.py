r"""Chapters as Markdown: a file in, a tree out.

Beside CommonMark with tables: $mathematics$ as LaTeX; a label after a
heading, {#heads}, or {#heads recto} for a chapter that is to begin on a
right-hand page; [figure](#label), which becomes "figure 6.2", and
[number](#label), which becomes "6.2"; [@source]; {run.loss:.2f}, a recorded
value, or {run.table.key} of a dictionary; **a term**, introduced and put
into the index; "Table: words {#label}" below a table; and fenced blocks
that begin with what they are:

    listing SYMBOL     code of the library; octavo_one.SECTION, a part of
                       what `octavo book one-file` writes
    python NAME        a snippet that runs; "hidden" keeps it off the page
    sh NAME            a command that runs
    output NAME        what a snippet or command printed
    figure PROGRAM     a drawing
    table PROGRAM      a table that the press makes: see `tables.py`
    sources            the bibliography, work by work
    verbatim           what is printed as it stands
    solutions          where an appendix has the solutions to all exercises

(What the files of solutions have besides says `solutions.py`.)

Lines "key: value" are options of what names something elsewhere. Of a
figure, "page: own" is for one as high as a page, and "parts" is a list for
its program.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from octavo.book.document import (
    Block,
    Chapter,
    Citation,
    Code,
    Equation,
    Fence,
    Formula,
    Heading,
    Inline,
    Items,
    Link,
    Paragraph,
    Quote,
    Styled,
    Table,
    Text,
    Value,
)
from octavo.foundation import UserError, check_known

KINDS = ("listing", "python", "sh", "output", "figure", "table")
UNNAMED = ("verbatim", "sources", "solutions")
OPTIONS = {
    "listing": ("label", "caption", "docstring", "annotations"),
    "output": ("label", "lines"),
    "figure": ("label", "caption", "of", "page", "parts"),
    "table": ("label", "caption"),
}
MARKS = re.compile(
    r"\[@(?P<key>[\w-]+)\]"
    r"|\{(?P<name>[\w-]+)\.(?P<path>\w+(?:\.\w+)*)(?::(?P<form>[^{}]*))?\}"
)
LABEL = re.compile(r"\s*\{#([\w-]+(?: recto)?)\}\s*$")
NUMBER = re.compile(r"(?:00|0?([1-9]\d*|[A-Z]))-")
TABLE = re.compile(r"^Table: ")


def make_parser() -> MarkdownIt:
    """Return a parser of the book's Markdown."""
    parser = MarkdownIt("commonmark", {"typographer": True})
    parser.enable(["table", "smartquotes", "replacements"])
    dollarmath_plugin(parser, allow_digits=False, double_inline=False)
    return parser


def read_chapter(path: Path) -> Chapter:
    """Read a chapter; its file's name says its number."""
    named = NUMBER.match(path.name)
    if not named:
        raise UserError(
            f"{path.name}: the name begins with a chapter's number (06-), "
            "an appendix's letter (A-) or, without a number, with 00-"
        )
    return read_into(Chapter(path, [], number=named[1] or ""))


def read_into(chapter: Chapter, unnamed: Sequence[str] = ()) -> Chapter:
    """Read a chapter's file into it.

    `unnamed` are the kinds of blocks that need no name there.
    """
    text = chapter.path.read_text("utf-8")
    tree = SyntaxTreeNode(make_parser().parse(text))
    chapter.blocks = list(_Reader(chapter, unnamed).blocks(tree.children))
    title = chapter.blocks[0] if chapter.blocks else None
    if not isinstance(title, Heading) or title.level != 1:
        raise UserError(
            f"{chapter.where(1)}: a chapter begins with its # title"
        )
    chapter.title, chapter.label = title.children, title.label
    return chapter


def read_words(text: str, chapter: Chapter) -> list[Inline]:
    """Read a line of Markdown, as of a chapter."""
    return _Reader(chapter).words(text)


class _Reader:
    """Turns the parser's nodes into the book's."""

    def __init__(
        self, chapter: Chapter, unnamed: Sequence[str] = ()
    ) -> None:
        self.chapter, self.unnamed = chapter, unnamed

    def blocks(self, nodes: list[SyntaxTreeNode]) -> Iterator[Block]:
        """Yield a block for each node; a caption goes to its table."""
        table: Table | None = None
        for node in nodes:
            block = self.block(node)
            if (
                table
                and isinstance(block, Paragraph)
                and _is_caption(block)
            ):
                table.caption, table.label = self.labelled(block.children)
                _drop(table.caption, TABLE)
                continue
            table = block if isinstance(block, Table) else None
            yield block

    def block(self, node: SyntaxTreeNode) -> Block:
        """Return one block, by the method of its kind."""
        line = node.map[0] + 1 if node.map else 0
        kind = node.type.removesuffix("_label")
        read = getattr(self, f"_{kind}", None)
        if read is None:
            where = self.chapter.where(line)
            raise UserError(f"{where}: the book has no {node.type}")
        block: Block = read(node, line)
        return block

    def _heading(self, node: SyntaxTreeNode, line: int) -> Heading:
        words, marks = self.labelled(self.inside(node))
        label, _, recto = marks.partition(" ")
        level = int(node.tag[1])
        return Heading(
            line, label, level=level, children=words, recto=bool(recto)
        )

    def _paragraph(self, node: SyntaxTreeNode, line: int) -> Paragraph:
        return Paragraph(line, children=self.inside(node))

    def _blockquote(self, node: SyntaxTreeNode, line: int) -> Quote:
        return Quote(line, blocks=list(self.blocks(node.children)))

    def _bullet_list(self, node: SyntaxTreeNode, line: int) -> Items:
        items = [list(self.blocks(item.children)) for item in node.children]
        return Items(line, items=items)

    def _ordered_list(self, node: SyntaxTreeNode, line: int) -> Items:
        items = self._bullet_list(node, line).items
        return Items(line, ordered=True, items=items)

    def _math_block(self, node: SyntaxTreeNode, line: int) -> Equation:
        label = node.info if node.type.endswith("label") else ""
        return Equation(line, label, latex=node.content.strip())

    def _table(self, node: SyntaxTreeNode, line: int) -> Table:
        rows = [row for part in node.children for row in part.children]
        aligned = [
            str(cell.attrs.get("style", "left")).removeprefix("text-align:")
            for cell in rows[0].children
        ]
        cells = [[self.inside(one) for one in row.children] for row in rows]
        return Table(line, rows=cells, aligned=aligned)

    def _fence(self, node: SyntaxTreeNode, line: int) -> Block:
        where = self.chapter.where(line)
        kind, name, *flags = [*node.info.split(), "", ""]
        unnamed = (*UNNAMED, *self.unnamed)
        check_known(f"kind of block at {where}", [kind], KINDS + unnamed)
        if kind in self.unnamed:
            name, flags = "", [name, *flags]
        if not name and kind not in unnamed:
            raise UserError(f"{where}: this {kind} block names nothing")
        block = Fence(line, kind=kind, name=name)
        block.options = {flag: "yes" for flag in flags if flag}
        if kind in OPTIONS:
            self.read_options(block, node.content, where)
        else:
            block.code = node.content.rstrip("\n")
        if kind == "table":
            words, label = block.caption, block.label
            return Table(line, label, program=name, caption=words)
        return block

    def read_options(self, block: Fence, content: str, where: str) -> None:
        """Read the lines of a block that names something elsewhere."""
        for row in content.splitlines():
            key, _, value = row.partition(": ")
            known = OPTIONS[block.kind]
            check_known(f"option at {where}", [key], known)
            block.options[key] = value.strip()
        block.label = block.options.pop("label", "")
        block.caption = self.words(block.options.pop("caption", ""))

    def words(self, text: str) -> list[Inline]:
        """Return a line of Markdown as inlines."""
        tree = SyntaxTreeNode(make_parser().parse(text))
        return [one for node in tree.children for one in self.inside(node)]

    def inside(self, node: SyntaxTreeNode) -> list[Inline]:
        """Return the inlines of a block."""
        return [
            inline
            for part in node.children
            for child in (
                part.children if part.type == "inline" else [part]
            )
            for inline in self.inline(child)
        ]

    def inline(self, node: SyntaxTreeNode) -> Iterator[Inline]:
        """Yield what one node inside a sentence stands for."""
        if node.type == "text":
            yield from marked(node.content)
        elif node.type in ("softbreak", "hardbreak"):
            yield Text(" " if node.type == "softbreak" else "\n")
        elif node.type == "code_inline":
            yield Code(node.content)
        elif node.type == "math_inline":
            yield Formula(node.content)
        elif node.type in ("em", "strong"):
            style = "emphasis" if node.type == "em" else "term"
            yield Styled(style, self.inside(node))
        elif node.type == "link":
            yield Link(str(node.attrs["href"]), self.inside(node))
        else:
            raise UserError(f"{self.chapter.file}: no {node.type}")

    def labelled(self, children: list[Inline]) -> tuple[list[Inline], str]:
        """Return inlines without the label at their end, and the label."""
        last = children[-1] if children else None
        if not isinstance(last, Text):
            return children, ""
        found = LABEL.search(last.text)
        if not found:
            return children, ""
        rest = last.text[: found.start()]
        return [*children[:-1], Text(rest)], found[1]


def marked(text: str) -> Iterator[Inline]:
    """Yield text, with citations and values taken out of it."""
    end = 0
    for found in MARKS.finditer(text):
        if found.start() > end:
            yield Text(text[end : found.start()])
        end = found.end()
        if found["key"]:
            yield Citation(found["key"])
        else:
            field, *inside = found["path"].split(".")
            form = found["form"] or ""
            yield Value(found["name"], field, tuple(inside), form)
    if end < len(text):
        yield Text(text[end:])


def _is_caption(block: Paragraph) -> bool:
    """Return whether a paragraph is the caption of the table before it."""
    first = block.children[0]
    return isinstance(first, Text) and bool(TABLE.match(first.text))


def _drop(children: list[Inline], start: re.Pattern[str]) -> None:
    """Take the word before a caption away, in place."""
    first = children[0]
    assert isinstance(first, Text)
    children[0] = Text(start.sub("", first.text))
