"""N-gram models: sums, numbers by hand, and a slow clear twin."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from octavo.evaluation.ngrams import NgramModel, discounts
from octavo.foundation import UserError

A, B, C = 0, 1, 2


def zipf_ids(seed, size, vocab_size):
    """Return random ids, some frequent and some rare, with habits."""
    random = np.random.default_rng(seed)
    ids = random.zipf(1.5, size) % vocab_size
    repeats = random.random(size) < 0.3  # so that long grams come back
    for place in np.flatnonzero(repeats[20:]) + 20:
        ids[place] = ids[place - 7]
    return ids


def probabilities(model, context):
    """Return p of every id of the vocabulary after `context`."""
    nats = [
        model.nats(np.array([*context, w])) for w in range(model.vocab_size)
    ]
    return np.exp([-row[-1] for row in nats])


class SlowModel:
    """The formula once more, with tuples and dictionaries, id by id."""

    def __init__(self, ids, order, vocab_size):
        self.order, self.vocab_size = order, vocab_size
        self.counts = []
        for length in range(1, order + 1):
            places = range(len(ids) - length + 1)
            seen = Counter(tuple(ids[i : i + length]) for i in places)
            before = defaultdict(set)
            for i in places:
                neighbour = ids[i - 1] if i else "start"
                before[tuple(ids[i : i + length])].add(neighbour)
            places_met = {gram: len(met) for gram, met in before.items()}
            self.counts.append(seen if length == order else places_met)
        self.taken = [self.estimate(level) for level in self.counts]

    @staticmethod
    def estimate(level):
        n = Counter(level.values())
        if n[1] > 0 and n[2] > 0 and n[3] > 0:
            y = n[1] / (n[1] + 2 * n[2])
            d_1 = 1 - 2 * y * n[2] / n[1]
            d_2 = 2 - 3 * y * n[3] / n[2]
            d_3 = 3 - 4 * y * n[4] / n[3]
            if d_1 > 0 and d_2 > 0 and d_3 > 0:
                return d_1, d_2, d_3
        return 0.5, 1.0, 1.5

    def probability(self, context, w):
        length = len(context) + 1
        if length == 1:
            lower = 1 / self.vocab_size
        else:
            lower = self.probability(context[1:], w)
        counts, taken = self.counts[length - 1], self.taken[length - 1]
        following = {
            gram[-1]: count
            for gram, count in counts.items()
            if gram[:-1] == context
        }
        if not following:
            return lower
        given_up = sum(taken[min(c, 3) - 1] for c in following.values())
        own = 0.0
        if w in following:
            own = following[w] - taken[min(following[w], 3) - 1]
        return (own + given_up * lower) / sum(following.values())

    def nats(self, ids):
        return [
            -math.log(
                self.probability(
                    tuple(ids[max(0, i - self.order + 1) : i]), ids[i]
                )
            )
            for i in range(len(ids))
        ]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize(
    ("size", "vocab_size"), [(600, 5), (600, 40), (30, 3), (4, 7)]
)
def test_it_equals_the_slow_model(order, size, vocab_size):
    ids = zipf_ids(order, size, vocab_size)
    held_out = zipf_ids(100 + order, 60, vocab_size)
    slow = SlowModel(ids.tolist(), order, vocab_size)
    model = NgramModel.train(ids, order, vocab_size)
    np.testing.assert_allclose(
        model.nats(held_out),
        slow.nats(held_out.tolist()),
        rtol=0,
        atol=1e-12,
    )


def test_the_random_texts_try_both_kinds_of_discounts():
    large = SlowModel(zipf_ids(3, 600, 40).tolist(), 3, 40)
    small = SlowModel(zipf_ids(3, 4, 7).tolist(), 3, 7)
    assert (0.5, 1.0, 1.5) not in large.taken
    assert small.taken == [(0.5, 1.0, 1.5)] * 3


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_probabilities_sum_to_one(order):
    vocab_size = 11
    ids = zipf_ids(8, 3000, vocab_size - 1)  # id 10 never occurs
    model = NgramModel.train(ids, order, vocab_size)
    random = np.random.default_rng(9)
    for length in range(8):
        places = random.integers(0, ids.size - length, 10)
        seen = [ids[i : i + length] for i in places]
        strange = [
            random.integers(0, vocab_size, length) for _ in range(10)
        ]
        for context in [*seen, *strange, ids[ids.size - length :]]:
            after = probabilities(model, context)
            assert abs(after.sum() - 1) < 1e-12
            assert after.min() > 0


def test_a_b_a_c_by_hand():
    # All counts are too few to estimate from: discounts 0.5, 1 and 1.5.
    # Level 1 counts neighbours. a stands after the start and after b: 2;
    # b after a: 1; c after a: 1; in all 4. They give up 1 + 0.5 + 0.5 = 2
    # of 4, so backoff() = 1/2, shared out evenly: 1/2 * 1/3 = 1/6 each.
    #   p(a) = (2 - 1) / 4 + 1/6 = 5/12
    #   p(b) = p(c) = (1 - 0.5) / 4 + 1/6 = 7/24
    # Level 2 counts occurrences. After a: b once, c once; backoff(a) =
    # (0.5 + 0.5) / 2 = 1/2.
    #   p(b|a) = p(c|a) = 0.5 / 2 + 1/2 * 7/24 = 19/48
    #   p(a|a) = 1/2 * 5/12 = 10/48
    # After b: a once; backoff(b) = 1/2. After c the text ends, so what
    # follows it was never met: p(w|c) = p(w).
    #   p(a|b) = 0.5 + 1/2 * 5/12 = 17/24; p(b|b) = 1/2 * 7/24 = 7/48
    model = NgramModel.train(np.array([A, B, A, C]), 2, 3)
    expected = {
        (): [5 / 12, 7 / 24, 7 / 24],
        (A,): [10 / 48, 19 / 48, 19 / 48],
        (B,): [17 / 24, 7 / 48, 7 / 48],
        (C,): [5 / 12, 7 / 24, 7 / 24],
        (C, A): [10 / 48, 19 / 48, 19 / 48],  # only one id back
    }
    for context, after in expected.items():
        np.testing.assert_allclose(
            probabilities(model, context), after, rtol=0, atol=1e-15
        )
    text = model.nats(np.array([A, B, B, A], dtype=np.uint16))
    np.testing.assert_allclose(
        text, -np.log([5 / 12, 19 / 48, 7 / 48, 17 / 24]), atol=1e-15
    )


def test_discounts_by_hand():
    # n_1 to n_4 are 8, 4, 2, 1, so y = 8 / (8 + 2 * 4) = 1/2, and
    # 1 - 2y 4/8 = 0.5; 2 - 3y 2/4 = 1.25; 3 - 4y 1/2 = 2.
    counts = np.repeat([1, 2, 3, 4, 9], [8, 4, 2, 1, 5])
    assert discounts(counts).tolist() == [0.0, 0.5, 1.25, 2.0]


@pytest.mark.parametrize(
    "times",
    [
        [0, 4, 2, 1],  # y would be 0: single counts would keep everything
        [8, 0, 2, 1],  # 3y n_3 / n_2 is undefined
        [8, 4, 0, 1],  # and so is 4y n_4 / n_3
        [8, 4, 6, 1],  # 2 - 3/2 * 6/4 is negative
        [8, 4, 2, 3],  # 3 - 2 * 3/2 takes nothing
        [0, 0, 0, 0],
    ],
)
def test_discounts_where_they_cannot_be_estimated(times):
    counts = np.repeat([1, 2, 3, 4], times)
    assert discounts(counts).tolist() == [0.0, 0.5, 1.0, 1.5]


def test_a_unigram_is_its_counts_less_the_discount():
    # 70, 20 and 10 of 100; three counts above 2 give up 1.5 each, 4.5 in
    # all, which the four ids of the vocabulary share: 1.125 each.
    ids = np.random.default_rng(1).permutation(
        np.repeat([0, 1, 2], [70, 20, 10])
    )
    model = NgramModel.train(ids, 1, 4)
    expected = np.array([69.625, 19.625, 9.625, 1.125]) / 100
    for context in [(), (2,), (3, 3)]:
        np.testing.assert_allclose(
            probabilities(model, context), expected, rtol=0, atol=1e-15
        )


def test_on_repetitive_text_long_contexts_win():
    # 0 to 9, a hundred times. Order 1: each id 100 of 1000 less 1.5, and
    # a tenth of the 15 given up comes back: p is 1/10, ln 10 nats.
    # Order 6: the neighbours. All ids have one, 0 also the start: 11 in
    # all, 9 * 0.5 + 1 given up, so p_1(7) = 0.5/11 + 0.5 * 1/10. The grams
    # of 2 to 5 ids that end in 7 have one neighbour and no rival: p_k =
    # 1/2 + p_(k-1) / 2. The six ids up to 7 occurred 100 times, less 1.5.
    ids = np.tile(np.arange(10), 100)
    long = NgramModel.train(ids, 6, 10)
    short = NgramModel.train(ids, 1, 10)
    np.testing.assert_allclose(short.nats(ids), math.log(10), rtol=1e-14)
    p_1 = 0.5 / 11 + 0.05
    p_5 = 1 - (1 - p_1) / 2**4
    p_6 = (100 - 1.5) / 100 + 0.015 * p_5
    assert long.nats(ids)[7] == pytest.approx(-math.log(p_6), rel=1e-12)
    assert long.nats(ids)[10:].mean() < 0.001 < short.nats(ids).mean()


def test_shorter_contexts_count_neighbours_not_occurrences():
    # "San Francisco" nine times, and "York" once each after three others:
    # after a context never met, York (3 neighbours) beats Francisco (1).
    san, francisco, york, others = 0, 1, 2, [3, 4, 5]
    ids = [san, francisco] * 9
    for other in others:
        ids += [other, york]
    after = probabilities(NgramModel.train(np.array(ids), 2, 7), (6,))
    assert after[york] > 1.5 * after[francisco]
    raw = probabilities(NgramModel.train(np.array(ids), 1, 7), ())
    assert raw[francisco] > 2 * raw[york]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
def test_truncated_is_the_model_trained_at_that_order(order):
    ids = zipf_ids(5, 2000, 20)
    held_out = zipf_ids(6, 500, 20)
    shared = NgramModel.train(ids, 6, 20).truncated(order)
    alone = NgramModel.train(ids, order, 20)
    assert shared.order == order
    assert shared.nats(held_out).tobytes() == alone.nats(held_out).tobytes()


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], [1 / 4] * 5),  # nothing learned: the floor alone
        # One id: a gram of one neighbour, (1 - 0.5) / 1 + 0.5 * 1/4.
        ([2], [1 / 8, 1 / 8, 5 / 8, 5 / 8, 1 / 8]),
    ],
)
def test_texts_shorter_than_the_order(ids, expected):
    model = NgramModel.train(np.array(ids, dtype=np.int64), 6, 4)
    nats = model.nats(np.array([0, 1, 2, 2, 3]))
    np.testing.assert_allclose(np.exp(-nats), expected, rtol=1e-15)
    assert model.nats(np.array([], dtype=np.int64)).shape == (0,)


def test_a_text_of_one_id_all_over():
    # 2 occurs 50 times; at order 2 its neighbours are itself and the start,
    # p_1 = (2 - 1) / 2 + 1/2 * 1/4 = 5/8; then (49 - 1.5 + 1.5 p_1) / 49.
    model = NgramModel.train(np.full(50, 2), 2, 4)
    after = probabilities(model, (2,))
    assert after[2] == pytest.approx((47.5 + 1.5 * 5 / 8) / 49, rel=1e-14)
    assert after[0] == pytest.approx(1.5 * 1 / 8 / 49, rel=1e-12)


def test_unseen_ids_cost_a_finite_number_of_nats():
    model = NgramModel.train(zipf_ids(2, 5000, 50), 6, 60_000)
    nats = model.nats(np.arange(60_000))
    assert np.isfinite(nats).all()
    assert nats[40_000] > math.log(60_000)  # dearer than by pure chance


def test_same_text_same_bytes_whatever_the_integer_type():
    ids = zipf_ids(4, 3000, 200)
    first = NgramModel.train(ids, 4, 200).nats(ids)
    for kind in (np.uint8, np.uint16, np.int32, np.int64, np.uint64):
        again = NgramModel.train(ids.astype(kind), 4, 200)
        assert again.nats(ids.astype(kind)).tobytes() == first.tobytes()


@pytest.mark.parametrize(
    ("ids", "place"), [([0, 3, 9], 1), ([0, 1, -1], 2)]
)
def test_an_id_outside_the_vocabulary_is_named(ids, place):
    ids = np.array(ids)
    message = f"id {ids[place]} at position {place} is not in a vocabulary"
    with pytest.raises(UserError, match=message):
        NgramModel.train(ids, 2, 3)
    model = NgramModel.train(np.array([0, 1]), 2, 3)
    with pytest.raises(UserError, match=message):
        model.nats(ids)


def test_what_makes_no_model_is_refused():
    ids = np.array([0, 1, 0])
    with pytest.raises(UserError, match="order 0: give 1 or more"):
        NgramModel.train(ids, 0, 3)
    with pytest.raises(UserError, match="vocab_size 0: give 1 or more"):
        NgramModel.train(ids[:0], 1, 0)
    with pytest.raises(UserError, match="order 3: this model knows 1 to 2"):
        NgramModel.train(ids, 2, 3).truncated(3)
    with pytest.raises(
        UserError, match="float64: give one row of integers"
    ):
        NgramModel.train(ids / 1.0, 2, 3)
    with pytest.raises(UserError, match=r"shape \(1, 3\)"):
        NgramModel.train(ids[None], 2, 3)
