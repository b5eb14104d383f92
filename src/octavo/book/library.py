"""The library as its files have it: modules, and what they define.

Read with `ast`, never imported: a listing is text, and a fingerprint must
not wait for torch.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import octavo
from octavo.foundation import UserError, did_you_mean

PACKAGE = "octavo"
ROOT = Path(octavo.__file__).parent


@dataclass(frozen=True)
class Definition:
    """A function, class, method or constant, and its module."""

    module: "Module"
    name: str  # of a method: Attention.forward
    node: ast.stmt

    @property
    def symbol(self) -> str:
        """Return its full name, as a listing gives it."""
        return f"{self.module.name}.{self.name}"


@dataclass(frozen=True, eq=False)
class Module:
    """A file of the library, its names and where they come from."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    definitions: dict[str, Definition]
    imports: dict[str, tuple[str, str]]  # local name: (module, name in it)

    @property
    def place(self) -> str:
        """Return where readers find it: model/attention.py."""
        return self.path.relative_to(ROOT).as_posix()

    def lookup(self, name: str) -> Definition | None:
        """Return what a name means in this module, if the library has it.

        Imports are followed to the module that defines it.
        """
        if name in self.definitions:
            return self.definitions[name]
        if name not in self.imports:
            return None
        source, original = self.imports[name]
        module = load_module(source)
        return module.lookup(original) if module else None

    def lookup_in(self, name: str, attribute: str) -> Definition | None:
        """Return what a module that is imported here calls `attribute`."""
        if name not in self.imports:
            return None
        module = load_module(".".join(self.imports[name]))
        return module.lookup(attribute) if module else None


@cache
def load_module(name: str) -> Module | None:
    """Return a module of the library by its name; None if foreign."""
    first, *rest = name.split(".")
    path = ROOT.joinpath(*rest)
    path = (
        path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    )
    if first != PACKAGE or not path.is_file():
        return None
    return parse_module(name, path, path.read_text("utf-8"))


def parse_module(name: str, path: Path, text: str) -> Module:
    """Read a module's text; snippets are modules of no file."""
    tree = ast.parse(text)
    module = Module(name, path, text, tree, {}, imported_names(tree))
    for node in tree.body:
        for defined in names_bound(node):
            module.definitions[defined] = Definition(module, defined, node)
    return module


def names_bound(node: ast.stmt) -> list[str]:
    """Return the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [
        name.id
        for target in targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    ]


def imported_names(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what `from x import y` brings, wherever it stands."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def find(symbol: str) -> Definition:
    """Return a definition by its full name, from the module it stands in.

    Raises UserError for a name that nothing has.
    """
    parts = symbol.split(".")
    for end in range(len(parts) - 1, 0, -1):
        if module := load_module(".".join(parts[:end])):
            return _find_in(module, parts[end:])
    raise UserError(f'no module of the library is in the name "{symbol}"')


def _find_in(module: Module, path: list[str]) -> Definition:
    """Return what a module defines, or a method of one of its classes."""
    known, found = module.definitions, None
    for depth, part in enumerate(path, start=1):
        if part not in known:
            hint = did_you_mean(part, known)
            raise UserError(f'{module.name} defines no "{part}"{hint}')
        found = Definition(module, ".".join(path[:depth]), known[part].node)
        inner = (
            found.node.body if isinstance(found.node, ast.ClassDef) else []
        )
        known = {
            name: Definition(module, name, node)
            for node in inner
            for name in names_bound(node)
        }
    assert found is not None
    return found
