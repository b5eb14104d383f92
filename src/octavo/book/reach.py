"""What code depends on: every definition that it names, and theirs.

A name is followed from the code that uses it to the definition that it
means, through imports, and from there on. Methods belong to their class.
What is reached only through a string is not seen.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from octavo.book.library import (
    Definition,
    Module,
    load_module,
    parse_module,
)

_NOWHERE = Path()


def reach(start: Iterable[Definition]) -> list[Definition]:
    """Return all that the given definitions need, and themselves.

    What is needed stands before what needs it, wherever that is possible.
    """
    order: dict[int, Definition] = {}
    _visit(start, set(), order)
    return list(order.values())


def _visit(
    found: Iterable[Definition],
    seen: set[int],
    order: dict[int, Definition],
) -> None:
    """Put definitions into `order`, each after all that it names."""
    for definition in found:
        key = id(definition.node)
        if key not in seen:
            seen.add(key)
            _visit(uses(definition.module, definition.node), seen, order)
            order[key] = definition


def uses(module: Module, node: ast.AST) -> Iterator[Definition]:
    """Yield the library's definitions that a piece of a module names.

    By themselves, or as `layers.linear`, with `layers` a module; in the
    order in which they are named.
    """
    names = [
        one
        for one in ast.walk(node)
        if isinstance(one, ast.Name | ast.Attribute)
    ]
    for name in sorted(names, key=lambda one: (one.lineno, one.col_offset)):
        found = None
        if isinstance(name, ast.Name):
            found = module.lookup(name.id)
        elif isinstance(name.value, ast.Name):
            found = module.lookup_in(name.value.id, name.attr)
        if found is not None and found.node is not node:
            yield found


def reached_by_code(code: str) -> list[Definition]:
    """Return what a snippet of Python needs of the library."""
    snippet = parse_module("snippet", _NOWHERE, code)
    found = map(snippet.lookup, snippet.imports)
    return reach(one for one in found if one is not None)


def reached_by_verb(verb: str) -> list[Definition]:
    """Return what `octavo VERB` needs: all that its module defines."""
    module = load_module(f"octavo.cli.{verb}")
    return reach(module.definitions.values()) if module else []


def fingerprint(text: str, needed: Iterable[Definition]) -> str:
    """Return a hash of a text and of the code that it depends on.

    Comments, docstrings and layout do not count, nor does the version of
    Python that reads the code.
    """
    digest = hashlib.sha256(text.encode())
    for one in sorted(needed, key=lambda one: one.symbol):
        digest.update(f"\n{one.symbol} {describe(one.node)}".encode())
    return digest.hexdigest()[:16]


def describe(node: object) -> str:
    """Return the meaning of a tree as text: `ast.dump`, but for ever."""
    if isinstance(node, list):
        return f"[{','.join(map(describe, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={describe(value)}"
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and name not in ("ctx", "kind")
    )
    if is_docstring(node):
        return ""
    return f"{type(node).__name__}({','.join(fields)})"


def is_docstring(node: ast.AST) -> bool:
    """Return whether a statement is a string and nothing else."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
