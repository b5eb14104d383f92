"""Tokens: a text becomes numbers, and numbers become a text again.

Byte-pair encoding starts from single bytes, makes one token of the two
that most often stand side by side, and counts again. These merges, in
their order, are the whole tokenizer (Sennrich et al. 2016).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from octavo.tokenizer.reference import Word, merge

Pair = tuple[bytes, bytes]

# Where a text is cut, so that no merge crosses a cut: into words with one
# sign before them, digits, rows of signs, and rows of white space.
PIECE = re.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|(?:[^\r\n\w]|_)?[^\W\d_]+|\d"
    r"| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def single_bytes(piece: str) -> Word:
    """Return a piece of text as its bytes, each a token of its own."""
    return tuple(bytes([byte]) for byte in piece.encode())


def train_bpe(text: str, num_merges: int) -> list[Pair]:
    """Learn merges from a text: its most frequent pair, again and again.

    Among equals the greater pair wins, compared as bytes. Only words in
    which a merge was made are counted again.
    """
    pieces = Counter(PIECE.findall(text))
    words, times = list(map(single_bytes, pieces)), list(pieces.values())
    counts: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)

    def tally(place: int, sign: int) -> None:
        for pair in pairwise(words[place]):
            counts[pair] += sign * times[place]
            places[pair].add(place)

    for place in range(len(words)):
        tally(place, +1)
    merges: list[Pair] = []
    while len(merges) < num_merges and any(counts.values()):
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(best)
        for place in places.pop(best):
            tally(place, -1)
            words[place] = merge(words[place], best)
            tally(place, +1)
    return merges


class Tokenizer:
    """A vocabulary: 256 bytes, then what each merge makes, in order."""

    def __init__(self, merges: list[Pair]) -> None:
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.tokens += [left + right for left, right in merges]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.seen: dict[str, list[int]] = {}  # pieces, and their ids

    def encode(self, text: str) -> list[int]:
        """Return a text's token ids; each distinct piece is cut once."""
        ids: list[int] = []
        for piece in PIECE.findall(text):
            if piece not in self.seen:
                self.seen[piece] = self.encode_piece(piece)
            ids += self.seen[piece]
        return ids

    def encode_piece(self, piece: str) -> list[int]:
        """Make the merge that was learned first, until there is none."""
        word = single_bytes(piece)
        while pairs := set(pairwise(word)) & self.ranks.keys():
            word = merge(word, min(pairs, key=self.ranks.__getitem__))
        return [self.ids[token] for token in word]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids; bytes that are no text become U+FFFD."""
        tokens = b"".join(self.tokens[number] for number in ids)
        return tokens.decode(errors="replace")
