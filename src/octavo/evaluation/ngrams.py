"""N-gram models with back-off: what a transformer must beat.

A model of order 3 guesses the next id from what followed the last two ids
in the training text. Long contexts guess well but are seldom met again;
short ones are met everywhere but know little. Back-off joins them. With w
the next id, h the ids before it, and h' the same without the farthest:

    p(w | h) = (count(h w) - discount) / count(h) + backoff(h) p(w | h')

Every count gives up a little of itself, the discount. What all the counts
after h gave up is backoff(h), and the next shorter context shares it out;
below the empty context lies the uniform floor, 1 / V for each id. Where h w
was never met, the first term is 0; where h never was, backoff(h) is 1.

Only the longest contexts count occurrences. The shorter ones are asked
when the longer had no answer, so they count after how many different ids a
gram was met. ("Francisco" may be frequent and yet only ever follow "San":
after anything else it is a poor guess.) This is interpolated, modified
Kneser-Ney smoothing: R. Kneser and H. Ney (1995), "Improved backing-off for
m-gram language modeling"; S. F. Chen and J. Goodman (1999), "An empirical
study of smoothing techniques for language modeling", Computer Speech and
Language 13, section 3.

A gram is a run of ids; a context is the gram before an id. Shapes: N ids of
a text, V vocabulary, G distinct grams of one length, C of the length below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from octavo.foundation import UserError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

UNSEEN = -1  # stands for every gram that the training text does not hold
PAST_ALL_KEYS = np.iinfo(np.int64).max
USUAL_DISCOUNTS = (0.5, 1.0, 1.5)  # where a text is too small to tell


@dataclass(frozen=True, kw_only=True, eq=False)
class Grams:
    """All distinct grams of one length, numbered by their place in `keys`.

    A key packs a gram into one integer: the number of its context (the
    gram without its last id, in the table one length below) times V, plus
    its last id. So a gram of six ids is found by six searches for numbers.
    """

    keys: Integers  # (G,) ascending
    seen: Integers  # (G,) how often the gram occurs
    neighbours: Integers  # (G,) how many different ids stand before it


@dataclass(frozen=True, kw_only=True, eq=False)
class Level:
    """What the contexts of one length know, each array ending in UNSEEN.

    The last entries answer for the index -1: an unseen gram has no share,
    and an unseen context leaves everything to the shorter one.
    """

    keys: Integers  # (G + 1,)
    share: Floats  # (G + 1,) (count - discount) / count of the context
    backoff: Floats  # (C + 1,) what the context leaves to the shorter one

    def find(self, keys: Integers) -> Integers:
        """Return the number of each key's gram, or UNSEEN.

        The key of a gram with an UNSEEN context is negative: never found.
        """
        place = np.searchsorted(self.keys, keys)
        return np.where(self.keys[place] == keys, place, UNSEEN)


class NgramModel:
    """A back-off model over ids: train it, then ask for `nats`."""

    def __init__(self, grams: Sequence[Grams], vocab_size: int) -> None:
        self.grams = tuple(grams)
        self.vocab_size = vocab_size
        self.order = len(self.grams)
        self.levels: list[Level] = []
        num_contexts = 1  # of the first level: the empty one
        for length, table in enumerate(self.grams, start=1):
            top = length == self.order
            counts = table.seen if top else table.neighbours
            self.levels.append(
                smooth(table.keys, counts, num_contexts, vocab_size)
            )
            num_contexts = table.keys.size

    @classmethod
    def train(
        cls, ids: NDArray[np.integer], order: int, vocab_size: int
    ) -> "NgramModel":
        """Return the model of a text; `order` - 1 ids are its context.

        `ids` is (N,), each in 0..vocab_size - 1; a text shorter than the
        order, even an empty one, is allowed. Raises UserError otherwise.
        """
        if order < 1:
            raise UserError(f"n-gram order {order}: give 1 or more")
        if vocab_size < 1:
            raise UserError(f"vocab_size {vocab_size}: give 1 or more")
        text = checked(ids, vocab_size)
        return cls(list(count_grams(text, order, vocab_size)), vocab_size)

    def truncated(self, order: int) -> "NgramModel":
        """Return the model that `train` makes at a lower order, quickly.

        The counting is shared; what changes is that the longest contexts
        are now shorter ones, which count occurrences, not neighbours.
        """
        if not 1 <= order <= self.order:
            raise UserError(
                f"n-gram order {order}: this model knows 1 to {self.order}"
            )
        return NgramModel(self.grams[:order], self.vocab_size)

    def nats(self, ids: NDArray[np.integer]) -> Floats:
        """Return -ln p of each id after the `order` - 1 ids before it.

        (N,) to (N,), all finite. The first ids, which have fewer before
        them, are judged by the shorter contexts alone. Raises UserError
        for an id outside the vocabulary.
        """
        text = checked(ids, self.vocab_size)
        probability: Floats = np.full(text.size, 1 / self.vocab_size)
        context = np.zeros_like(text)  # number 0: the empty context
        for level in self.levels:
            gram = level.find(context * self.vocab_size + text)
            probability = (
                level.share[gram] + level.backoff[context] * probability
            )
            # The gram that ends here is the longer context of the next id.
            context = np.append(UNSEEN, gram)[:-1]
        nats: Floats = -np.log(probability)
        return nats


def count_grams(text: Integers, order: int, size: int) -> Iterator[Grams]:
    """Yield the grams of length 1, 2, ... `order` of a text of (N,) ids.

    `size` is V. Each length needs only the numbers of the one below.
    """
    assert (text.size + 1) * (size + 1) < PAST_ALL_KEYS
    # The start counts as one more id, so that each gram has a neighbour.
    before = np.append(size, text)
    context = np.zeros_like(text)
    for length in range(1, order + 1):
        keys, gram, seen = np.unique(
            context * size + text[length - 1 :],
            return_inverse=True,
            return_counts=True,
        )
        # np.unique would do, but hashes where sorting is far quicker.
        pairs = np.sort(gram * (size + 1) + before[: gram.size])
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]
        neighbours = np.bincount(pairs // (size + 1), minlength=keys.size)
        yield Grams(keys=keys, seen=seen, neighbours=neighbours)
        context = gram[:-1]


def smooth(
    keys: Integers, counts: Integers, num_contexts: int, size: int
) -> Level:
    """Discount the (G,) counts; see the formula at the top of the file."""
    context = keys // size
    taken = discounts(counts)[np.minimum(counts, 3)]
    total = np.bincount(context, counts, num_contexts)
    given_up = np.bincount(context, taken, num_contexts)
    backoff = np.ones(num_contexts + 1)  # also where nothing ever followed
    np.divide(given_up, total, out=backoff[:-1], where=total > 0)
    return Level(
        keys=np.append(keys, PAST_ALL_KEYS),
        share=np.append((counts - taken) / total[context], 0.0),
        backoff=backoff,
    )


def discounts(counts: Integers) -> Floats:
    """Return what to take from counts of 0, 1, 2, and 3 or more: (4,).

    Met once often means met by luck, and the counts of counts n_1 to n_4
    tell how often: Chen and Goodman's estimate. Where it is undefined or
    would take nothing (few or very even counts), USUAL_DISCOUNTS serve: all
    are positive, so that every context leaves something for every id.
    """
    n_1, n_2, n_3, n_4 = (int((counts == c).sum()) for c in (1, 2, 3, 4))
    taken = USUAL_DISCOUNTS
    if n_2 and n_3:
        y = n_1 / (n_1 + 2 * n_2)
        estimate = (y, 2 - 3 * y * n_3 / n_2, 3 - 4 * y * n_4 / n_3)
        if min(estimate) > 0:
            taken = estimate
    return np.array([0.0, *taken])


def checked(ids: NDArray[np.integer], size: int) -> Integers:
    """Return a text's ids as (N,) int64; UserError for an id that is none.

    An id past V would be packed into another gram's key, unnoticed.
    """
    ids = np.asarray(ids)
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise UserError(
            f"n-gram ids of shape {ids.shape} and type {ids.dtype}: "
            "give one row of integers"
        )
    outside = np.flatnonzero((ids < 0) | (ids >= size))
    if outside.size:
        place = int(outside[0])
        raise UserError(
            f"id {ids[place]} at position {place} is not in a vocabulary "
            f"of {size} ids: encode with the tokenizer of the model"
        )
    return ids.astype(np.int64)
