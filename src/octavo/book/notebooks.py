"""A notebook for each chapter: its words, and its code in running cells.

A listing of a whole definition is a cell that defines it anew, with the
imports that it needs: what a reader changes there, the cells below use,
and none of them imports it again.
Outputs are the recorded ones until the reader runs a cell.
"""

import ast
import re
from collections.abc import Set
from pathlib import Path
from typing import Any

from octavo.book.document import (
    Answers,
    Block,
    Chapter,
    Citation,
    Code,
    Entry,
    Equation,
    Fence,
    Formula,
    Heading,
    Items,
    Link,
    Paragraph,
    Quote,
    Styled,
    Table,
    Text,
)
from octavo.book.library import Definition, Module, find, parse_module
from octavo.book.one_file import FILE
from octavo.book.pictures import to_svg
from octavo.book.weaving import Book
from octavo.book.writing import Writer
from octavo.foundation.files import write_json, write_text

SPECIAL = re.compile(r"([\\*_`$<>\[\]])")
Cell = dict[str, Any]


def write_notebooks(book: Book, folder: Path) -> None:
    """Write a notebook for each chapter, its drawings beside it.

    The solutions have none: they go on from as many chapters.
    """
    for chapter in filter(_has_one, book.chapters):
        writer = _Writer(book, chapter)
        write_json(
            folder / f"{chapter.name}.ipynb", to_notebook(chapter, writer)
        )
        for block in chapter.fences("figure"):
            write_text(folder / picture_name(block), to_svg(block))


def _has_one(chapter: Chapter) -> bool:
    """Return whether a notebook is made of a chapter."""
    return not any(isinstance(block, Answers) for block in chapter.blocks)


def to_notebook(chapter: Chapter, writer: "_Writer") -> dict[str, Any]:
    """Return a chapter as the format, version 4.5, has it."""
    cells: list[Cell] = []
    prose: list[str] = []
    anew: set[str] = set()  # what listings have defined so far
    for block in chapter.blocks:
        code = cell_code(block)
        if not prose and cells and _printed_by(block, cells[-1]):
            assert isinstance(block, Fence)
            cells[-1]["outputs"] = [printed(block.code)]
        elif code is None:
            prose.append(writer.block(block))
        else:
            assert isinstance(block, Fence)
            if block.kind == "listing":
                prose.append(writer.anchored(block, listing_title(block)))
            _close(prose, cells)
            code = without_imports(code, anew)
            cells.append(code_cell(code, block.name, len(cells)))
            if block.kind == "listing":
                anew.add(block.name)
    _close(prose, cells)
    kernel = {"name": "python3", "display_name": "Python 3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": {**kernel, "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _printed_by(block: Block, cell: Cell) -> bool:
    """Return whether a block is the output of a cell."""
    named = cell["metadata"].get("name")
    is_output = isinstance(block, Fence) and block.kind == "output"
    return is_output and getattr(block, "name", "") == named


def _close(prose: list[str], cells: list[Cell]) -> None:
    """Make a cell of the prose that has gathered."""
    if prose:
        cells.append(
            {
                "cell_type": "markdown",
                "id": f"cell-{len(cells)}",
                "metadata": {},
                "source": "\n\n".join(prose),
            }
        )
        prose.clear()


def code_cell(code: str, name: str, number: int) -> Cell:
    """Return a cell that runs."""
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": {"name": name},
        "execution_count": None,
        "outputs": [],
        "source": code,
    }


def printed(text: str) -> dict[str, Any]:
    """Return what a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}


def cell_code(block: Block) -> str | None:
    """Return the code that a block runs as, if it does."""
    if not isinstance(block, Fence):
        return None
    if block.kind == "python":
        return block.code
    if block.kind != "listing" or block.place == FILE:
        return None  # the one file runs as a file
    definition = find(block.name)
    if "." in definition.name:  # a method does not stand by itself
        return None
    imports = "\n".join(imports_of(definition, block.code))
    return f"{imports}\n\n\n{block.code}" if imports else block.code


def imports_of(definition: Definition, code: str) -> list[str]:
    """Return the imports that a listing needs to run by itself."""
    module = definition.module
    tree = ast.parse(code)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    lines = []
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [n for n in node.names if (n.asname or n.name) in used]
            if kept:
                fields = {**dict(ast.iter_fields(node)), "names": kept}
                lines.append(ast.unparse(type(node)(**fields)))
    own = sorted(used & module.definitions.keys() - {definition.name})
    if own:
        lines.append(f"from {module.name} import {', '.join(own)}")
    return lines


def without_imports(code: str, anew: Set[str]) -> str:
    """Take out imports of what cells above define anew.

    They would put the library's in the place of the reader's.
    """
    module = parse_module("cell", Path("cell"), code)
    lines = code.splitlines()
    for node in reversed(module.tree.body):
        if isinstance(node, ast.ImportFrom):
            kept = [n for n in node.names if not _means(module, n, anew)]
            if len(kept) < len(node.names):
                node.names = kept
                put = [ast.unparse(node)] if kept else []
                lines[node.lineno - 1 : node.end_lineno] = put
    return "\n".join(lines).lstrip("\n")


def _means(module: Module, name: ast.alias, symbols: Set[str]) -> bool:
    """Return whether an import brings one of these under its own name."""
    found = None if name.asname else module.lookup(name.name)
    return found is not None and found.symbol in symbols


def listing_title(block: Fence) -> str:
    """Return what stands above a listing, or the cell that it is."""
    return f"**Listing {block.number}** `{block.name}`"


def picture_name(block: Fence) -> str:
    """Return the file of a figure's drawing."""
    stem = f"{block.name}-{block.number}".replace(".", "-")
    return f"{stem}.svg"


class _Writer(Writer):
    """Writes blocks as Jupyter's Markdown."""

    def __init__(self, book: Book, chapter: Chapter) -> None:
        self.book, self.chapter = book, chapter

    def block(self, block: Block) -> str:
        return self.anchored(block, super().block(block))

    def anchored(self, block: Block, words: str) -> str:
        """Put before a block what links to it lead to."""
        if block.label and words:
            return f'<a id="{block.label}"></a>\n\n{words}'
        return words

    def _heading(self, block: Heading) -> str:
        words = f"{block.number} {self.inside(block.children)}".strip()
        return f"{'#' * block.level} {words}"

    def _paragraph(self, block: Paragraph) -> str:
        return self.inside(block.children)

    def _entry(self, block: Entry) -> str:
        one = block.source
        return (
            f"**{one.cited}** *{one.ended_title}* {one.authors}. "
            f"{one.where}. {self.inside(block.children)}"
        )

    def _quote(self, block: Quote) -> str:
        return "> " + self.blocks(block.blocks).replace("\n", "\n> ")

    def _items(self, block: Items) -> str:
        marks = ["-"] * len(block.items)
        if block.ordered:
            marks = [f"{n}." for n in range(1, len(marks) + 1)]
        items = map(self.blocks, block.items)
        return "\n".join(
            f"{mark} {item.replace(chr(10), chr(10) + '   ')}"
            for mark, item in zip(marks, items, strict=True)
        )

    def _equation(self, block: Equation) -> str:
        tag = f" \\tag{{{block.number}}}" if block.number else ""
        return f"$$\n{block.latex}{tag}\n$$"

    def _table(self, block: Table) -> str:
        columns = len(block.aligned)
        rows = [
            f"| {' | '.join(map(self.inside, row))} |"
            + " |" * (columns - len(row))
            for row in block.rows
        ]
        rule = {"left": ":--", "right": "--:", "center": ":-:"}
        marks = " | ".join(rule[one] for one in block.aligned)
        caption = self.inside(block.caption)
        table = "\n".join([rows[0], f"| {marks} |", *rows[1:]])
        return f"**Table {block.number}** {caption}\n\n{table}"

    def _listing(self, block: Fence) -> str:
        return f"{listing_title(block)}\n\n```python\n{block.code}\n```"

    def _output(self, block: Fence) -> str:
        return f"```\n{block.code}\n```"

    _verbatim = _sh = _output

    def _figure(self, block: Fence) -> str:
        name = picture_name(block)
        caption = self.inside(block.caption)
        return (
            f"![figure {block.number}]({name})\n\n"
            f"**Figure {block.number}** {caption}"
        )

    def _text(self, inline: Text) -> str:
        return SPECIAL.sub(r"\\\1", inline.text)

    def _code(self, inline: Code) -> str:
        return f"`{inline.text}`"

    def _formula(self, inline: Formula) -> str:
        return f"${inline.latex}$"

    def _styled(self, inline: Styled) -> str:
        words = self.inside(inline.children)
        return words if inline.style == "aside" else f"*{words}*"

    def _citation(self, inline: Citation) -> str:
        source = self.book.sources[inline.key]
        return f"({source.cited}, *{source.title}*)"

    def _link(self, inline: Link) -> str:
        words, target = self.inside(inline.children), inline.target
        if target.startswith("#"):
            target = self._address(target[1:])
        return f"[{words}]({target})" if target else words

    def _address(self, label: str) -> str:
        """Return the notebook and the place that a label leads to."""
        target = self.book.targets[label]
        if target.kind == "item" or not _has_one(target.chapter):
            return ""
        same = target.chapter is self.chapter
        return f"{'' if same else f'{target.chapter.name}.ipynb'}#{label}"
