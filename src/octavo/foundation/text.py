"""Text on its way to people's screens."""

import shlex
from pathlib import Path


def printable(text: str) -> str:
    r"""Replace control characters, which a young model writes freely.

    A terminal would obey them, and a drawing could not show them.

    >>> printable("a\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text
    )


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))
