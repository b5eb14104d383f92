"""Listings: a symbol's source, cut to what the page should show."""

import ast
import re
import textwrap
from dataclasses import dataclass

from octavo.book.library import Definition
from octavo.book.reach import is_docstring
from octavo.foundation import UserError

WIDTH = 76  # columns that a page has room for
FOR_TOOLS = re.compile(r"\s+# (noqa|type: ignore|fmt:|pragma:).*$")

Edit = tuple[int, int, list[str]]  # first line, line after the last, new


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How much of a definition a listing shows."""

    docstring: str = "keep"  # or "first", its first line, or "drop"
    annotations: str = "keep"  # or "drop"


def cut(definition: Definition, how: Cut) -> str:
    """Return the text of a definition, without indentation.

    Raises UserError for a line that is wider than the page.
    """
    text = source_of(definition)
    lines = text.splitlines()
    edits = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            edits += edit_docstring(node, how.docstring, lines)
        if isinstance(node, ast.FunctionDef) and how.annotations == "drop":
            edits += edit_signature(node)
    for first, after, new in sorted(edits, reverse=True):
        lines[first:after] = new
    check_width(lines, definition.symbol)
    return "\n".join(lines)


def source_of(definition: Definition) -> str:
    """Return a definition's own lines, decorators first, moved left."""
    node = definition.node
    first = min(
        [node.lineno]
        + [one.lineno for one in getattr(node, "decorator_list", [])]
    )
    lines = definition.module.text.splitlines()[first - 1 : node.end_lineno]
    return textwrap.dedent(
        "\n".join(FOR_TOOLS.sub("", line) for line in lines)
    )


def edit_docstring(
    node: ast.FunctionDef | ast.ClassDef, how: str, lines: list[str]
) -> list[Edit]:
    """Return what shortens or drops a docstring and the blank after."""
    string, *rest = node.body
    if how == "keep" or not is_docstring(string):
        return []
    first, after = string.lineno - 1, string.end_lineno or 0
    indent = " " * string.col_offset
    if how == "first":
        line = (ast.get_docstring(node) or "").splitlines()[0]
        return [(first, after, [f'{indent}"""{line}"""'])]
    if not rest:
        return [(first, after, [f"{indent}..."])]
    blank = after < len(lines) and not lines[after].strip()
    return [(first, after + blank, [])]


def edit_signature(node: ast.FunctionDef) -> list[Edit]:
    """Return what writes a signature anew, without annotations."""
    arguments = ast.parse(f"def f({ast.unparse(node.args)}): ...").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    for one in ast.walk(arguments.args):
        if isinstance(one, ast.arg):
            one.annotation = None
    indent = " " * node.col_offset
    inside = ast.unparse(arguments.args)
    line = f"{indent}def {node.name}({inside}):"
    lines = [line]
    if len(line) > WIDTH:
        lines = [
            f"{indent}def {node.name}(",
            f"{indent}    {inside}",
            f"{indent}):",
        ]
    return [(node.lineno - 1, node.body[0].lineno - 1, lines)]


def check_width(lines: list[str], name: str) -> None:
    """Raise UserError for the first line that the page has no room for."""
    for number, line in enumerate(lines, start=1):
        if len(line) > WIDTH:
            raise UserError(
                f"line {number} of {name} is {len(line)} columns wide; the "
                f"page has {WIDTH}: break the line"
            )
