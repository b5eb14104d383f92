"""Errors for people: what is wrong, where, and what to do about it."""

from collections.abc import Iterable
from difflib import get_close_matches

LARGEST_SEED = (1 << 63) - 1  # what TOML, torch and NumPy all take


class UserError(ValueError):
    """Something that the user can put right.

    The message is one line: what is wrong, where (file, line, byte), and
    what to do. The command line prints it alone and exits with code 2.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return '; did you mean "x"?' for the nearest known name, or ''.

    >>> did_you_mean("contxt", ["context", "width"])
    '; did you mean "context"?'
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def check_known(
    kind: str, given: Iterable[str], known: Iterable[str]
) -> None:
    """Raise UserError for the first given name that is not known.

    `kind` says what the names are and where they stand, for example
    'key in recipe.toml'.
    """
    known = list(known)
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or (
                f"; known: {', '.join(known)}"
            )
            raise UserError(f'unknown {kind}: "{name}"{hint}')


def check_seed(seed: int) -> None:
    """Raise UserError for a number that no random generator takes."""
    if not 0 <= seed <= LARGEST_SEED:
        raise UserError(
            f"seed is {seed}; it must be from 0 to {LARGEST_SEED:,}"
        )
