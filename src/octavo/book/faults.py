"""What is amiss in a book, said all at once: its author mends it so."""

from collections.abc import Iterable

from octavo.foundation import UserError


def raise_all(faults: Iterable[str]) -> None:
    """Raise one UserError that has a line for each fault, if any."""
    if found := "\n".join(faults):
        raise UserError(found)
