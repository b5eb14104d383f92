"""The one-file edition: the library's plain side, end to end.

Each module of `plain` becomes a section, with its docstring as the comment
above it. In a section stand the module's definitions and those that they
take from the library, cut as listings are, each after what it needs.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from octavo.book.cutting import Cut, check_width, cut
from octavo.book.library import PACKAGE, Definition, Module, load_module
from octavo.book.reach import reach
from octavo.foundation import UserError

PLAIN = f"{PACKAGE}.book.plain"
FILE = "octavo_one.py"
FRONT = "front"
SECTIONS = ("tokens", "model", "optimizers", "training", "writing", "main")
PACKAGES = ("numpy", "torch")
SHAPES = "jaxtyping"
STAND_IN = ("typing", "Annotated")
STANDS_FOR = "# Python sees a Tensor, and leaves its shape to readers."
RULE = "# " + "-" * 74
ENDING = 'if __name__ == "__main__":\n    main()'

Import = tuple[str, str]  # a module and what of it, "" for the whole


def one_file() -> str:
    """Return the edition as the text of a Python file."""
    return "\n\n\n".join(sections().values()) + "\n"


@cache
def sections() -> dict[str, str]:
    """Return the edition by sections, the first of which is its front.

    Raises UserError for a definition that needs another package than torch
    and numpy, or that is wider than the page.
    """
    everything: list[Definition] = []
    found = {FRONT: ""}
    for name in SECTIONS:
        module = load_module(f"{PLAIN}.{name}")
        assert module
        needed = reach(module.definitions.values())
        fresh = [one for one in needed if one not in everything]
        everything += fresh
        found[name] = f"{heading(module)}\n\n\n{typeset(fresh)}"
    found[FRONT] = front(everything)
    found[SECTIONS[-1]] += f"\n\n\n{ENDING}"
    for name, text in found.items():
        check_width(text.splitlines(), f"{FILE}'s section {name}")
    return found


def heading(module: Module) -> str:
    """Return a module's docstring as the comment above its section."""
    lines = (ast.get_docstring(module.tree) or "").splitlines()
    words = [f"# {line}".rstrip() for line in lines]
    return "\n".join([RULE, *words])


def typeset(definitions: list[Definition]) -> str:
    """Return definitions one after the other; constants stand close."""
    texts = [above(one) + cut(one, Cut()) for one in definitions]
    text = texts[0]
    for (before, after), new in zip(
        pairwise(definitions), texts[1:], strict=True
    ):
        close = is_constant(before) and is_constant(after)
        apart = "\n\n" if new.startswith("#") else "\n"
        text += (apart if close else "\n\n\n") + new
    return text


def is_constant(definition: Definition) -> bool:
    """Return whether a definition is an assignment."""
    return isinstance(definition.node, ast.Assign | ast.AnnAssign)


def above(definition: Definition) -> str:
    """Return the comment that stands directly above a constant."""
    comment = ""
    if is_constant(definition):
        lines = definition.module.text.splitlines()
        number = definition.node.lineno - 2
        while lines[number].startswith("#"):
            comment = f"{lines[number]}\n{comment}"
            number -= 1
    return comment


def front(definitions: Iterable[Definition]) -> str:
    """Return what the file begins with: docstring, imports, shapes."""
    package = load_module(PLAIN)
    assert package
    found = {one for each in definitions for one in imports_of(each)}
    shapes = sorted(name for module, name in found if module == SHAPES)
    found = {one for one in found if one[0] != SHAPES} | {STAND_IN}
    own = {one for one in found if root(one) in sys.stdlib_module_names}
    return "\n\n".join(
        [
            f'"""{ast.get_docstring(package.tree)}\n"""',
            written(own),
            written(found - own),
            f"{STANDS_FOR}\n{' = '.join([*shapes, STAND_IN[1]])}",
        ]
    )


def imports_of(definition: Definition) -> Iterator[Import]:
    """Yield what a definition's names are imported from, elsewhere."""
    used = {
        node.id
        for node in ast.walk(definition.node)
        if isinstance(node, ast.Name)
    }
    for statement in definition.module.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            source = getattr(statement, "module", None)
            for alias in statement.names:
                if (alias.asname or alias.name.split(".")[0]) in used:
                    name = ast.unparse(alias)
                    found = (source, name) if source else (name, "")
                    if root(found) != PACKAGE:
                        yield check_free(found, definition)


def root(found: Import) -> str:
    """Return the package that an import takes from."""
    return found[0].split()[0].split(".")[0]


def check_free(found: Import, definition: Definition) -> Import:
    """Raise UserError for a package that the one file does not have."""
    package = root(found)
    if package not in (*PACKAGES, SHAPES, *sys.stdlib_module_names):
        raise UserError(
            f"{definition.symbol} needs {package}, which the one-file "
            f"edition does without: give it a plain substitute in {PLAIN}"
        )
    return found


def written(imports: Iterable[Import]) -> str:
    """Return imports as code: whole modules first, each name in order."""
    lines, names = [], defaultdict(list)
    for module, name in sorted(imports):
        if name:
            names[module].append(name)
        else:
            lines.append(f"import {module}")
    lines += [f"from {m} import {', '.join(names[m])}" for m in names]
    return "\n".join(lines)
