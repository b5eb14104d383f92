"""What the three writers share: each node goes to the method of its kind.

A writer has a method for every kind of block and inline: `_paragraph`,
`_listing`, `_formula` and so on.
"""

from collections.abc import Callable, Iterable
from typing import Any

from octavo.book.document import Block, Fence, Inline


class Writer:
    """Writes a chapter's nodes as text."""

    between = "\n\n"  # blocks

    def block(self, block: Block) -> str:
        """Return one block."""
        kind = type(block).__name__.lower()
        if isinstance(block, Fence):
            if "hidden" in block.options:
                return ""
            kind = block.kind
        return self._method(kind)(block)

    def blocks(self, blocks: Iterable[Block]) -> str:
        """Return blocks, one after the other."""
        return self.between.join(map(self.block, blocks))

    def inside(self, children: Iterable[Inline]) -> str:
        """Return a sentence."""
        return "".join(map(self.inline, children))

    def inline(self, inline: Inline) -> str:
        """Return a part of a sentence."""
        return self._method(type(inline).__name__.lower())(inline)

    def _method(self, kind: str) -> Callable[[Any], str]:
        """Return what writes nodes of a kind."""
        method: Callable[[Any], str] = getattr(self, f"_{kind}")
        return method
