"""What a tokenizer is: its tokens, merges, special tokens and pattern.

Plain data that states its own rules and refuses to break them. Where it
came from (training, a file, a table of ranks) makes no difference.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from octavo.foundation import UserError

Pair = tuple[int, int]
MAX_IDS = 1 << 20  # four times the largest vocabulary in use


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The content of a tokenizer, checked when it is made.

    `tokens[i]` is the bytes of id i, or None where a special token has the
    id. A merge is a pair of ids; it makes the token whose bytes are theirs
    together. Special tokens may leave ids unused above the ordinary ones.
    """

    tokens: tuple[bytes | None, ...]
    merges: tuple[Pair, ...]
    special_tokens: Mapping[str, int]
    pattern: str | None
    normalizer: str | None = None  # None or "NFC"

    def __post_init__(self) -> None:
        """Raise UserError, naming token, id or merge, for any defect."""
        if self.size > MAX_IDS:
            raise UserError(
                f"id {self.size - 1} is too large: ids end at {MAX_IDS - 1}"
            )
        self._check_tokens()
        self._check_special_tokens()
        assert len(self.made) == len(self.merges)  # checks the merges

    @cached_property
    def size(self) -> int:
        """Return the number of ids, special and unused ones included."""
        last = max(self.special_tokens.values(), default=-1)
        return max(len(self.tokens), last + 1)

    @cached_property
    def ids(self) -> dict[bytes, int]:
        """Return the id of each ordinary token."""
        return {
            token: index
            for index, token in enumerate(self.tokens)
            if token is not None
        }

    @cached_property
    def made(self) -> list[int]:
        """Return the id that each merge makes.

        Each merge must exist, once, after its parts are made: the encoders
        rely on it that a merge can only lead to later ones.
        """
        tokens, ids = self.tokens, self.ids
        try:
            parts = np.array(self.merges, np.int32).reshape(-1, 2)
            made = [ids[tokens[a] + tokens[b]] for a, b in self.merges]  # type: ignore[operator]
        except (KeyError, IndexError, TypeError, OverflowError):
            made = []
        fine = len(made) == len(self.merges) == len(set(self.merges))
        if not (fine and (parts >= 0).all() and _in_order(parts, made)):
            self._find_wrong_merge()
        return made

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of everything that decides an encoding."""
        content = {
            "tokens": [token and token.hex() for token in self.tokens],
            "merges": self.merges,
            "special_tokens": sorted(self.special_tokens.items()),
            "pattern": self.pattern,
            "normalizer": self.normalizer,
        }
        canonical = json.dumps(content, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _check_tokens(self) -> None:
        used = set(self.special_tokens.values())
        seen: set[bytes] = set()
        for index, token in enumerate(self.tokens):
            if token is None and index not in used:
                raise UserError(f"no token has id {index}: ids have a hole")
            if token is None:
                continue
            if token in seen or not token:
                raise UserError(f"id {index}: token {token!r} occurs twice")
            seen.add(token)
        for byte in range(256):
            if bytes([byte]) not in seen:
                raise UserError(f"the byte {byte:#04x} has no token")

    def _find_wrong_merge(self) -> NoReturn:
        """Raise UserError that names what is wrong with the merges."""
        tokens, size = self.tokens, len(self.tokens)
        used: set[int] = set()
        for number, (left, right) in enumerate(self.merges):
            known = 0 <= left < size and 0 <= right < size
            one, two = (
                (tokens[left], tokens[right]) if known else (b"",) * 2
            )
            if not one or not two:
                raise UserError(
                    f"merge {number} ({left}, {right}) needs an id that is "
                    "no ordinary token"
                )
            index = self.ids.get(one + two)
            if index is None:
                raise UserError(
                    f"merge {number} makes {one + two!r}, which is not in "
                    "the vocabulary"
                )
            used |= {left, right}
            if index in used:
                raise UserError(
                    f"merge {number} makes {one + two!r}, which an earlier "
                    "merge needs already"
                )
        raise UserError("a merge occurs twice")

    def _check_special_tokens(self) -> None:
        owner: dict[int, str] = {}
        for name, index in self.special_tokens.items():
            where = f'special token "{name!s}"'.encode(errors="replace")
            shown = where.decode()
            try:
                data = name.encode()
            except UnicodeEncodeError:
                raise UserError(f"{shown} is no Unicode text") from None
            if not data or data in self.ids:
                raise UserError(f"{shown} is empty or an ordinary token")
            if index < 0:
                raise UserError(f"{shown} has the negative id {index}")
            if index in owner:
                other = owner[index]
                raise UserError(f'{shown} has id {index}, as has "{other}"')
            if index < len(self.tokens) and self.tokens[index] is not None:
                raise UserError(
                    f"{shown} has id {index}, as has the ordinary token "
                    f"{self.tokens[index]!r}"
                )
            owner[index] = name


def _in_order(parts: NDArray[np.int32], made: list[int]) -> bool:
    """Return whether no merge makes what it or an earlier one needs."""
    if not made:
        return True
    numbers = np.arange(len(made))
    first_use = np.full(max(parts.max(), *made, 0) + 1, len(made))
    # Written backwards, the first use of each id is what remains.
    first_use[parts[::-1]] = numbers[::-1, None]
    return bool((first_use[made] > numbers).all())
