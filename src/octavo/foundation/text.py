"""Text on its way to people's screens."""


def printable(text: str) -> str:
    r"""Replace control characters, which a young model writes freely.

    A terminal would obey them, and a drawing could not show them.

    >>> printable("a\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text
    )
