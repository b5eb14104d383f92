"""Chapter 6's formula as it is printed, against the model's code."""

from math import exp, sqrt

import pytest
import torch

from octavo.model import Attention, ModelConfig, causal_mask
from octavo.model import scaled_dot_product_attention as attention

QUERY = [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [2.0, -1.0]]
KEY = [[1.0, 1.0], [0.0, 2.0], [2.0, 0.0], [1.0, -1.0]]
VALUE = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 2.0]]


def by_hand(place: int, seen: int) -> list[float]:
    """What a place takes from the first `seen` tokens, number by number."""
    fit = [
        sum(q * k for q, k in zip(QUERY[place], key, strict=True)) / sqrt(2)
        for key in KEY[:seen]
    ]
    raised = [exp(one) for one in fit]
    shares = [one / sum(raised) for one in raised]
    return [
        sum(share * value[n] for share, value in zip(shares, VALUE[:seen],
                                                     strict=True))
        for n in range(2)
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(4))
def test_softmax_of_the_fits_by_the_root_of_the_width_times_values(place):
    tensors = [torch.tensor(one) for one in (QUERY, KEY, VALUE)]
    everything = attention(*tensors)[place]
    assert everything.tolist() == pytest.approx(by_hand(place, 4))
    masked = attention(*tensors, causal_mask(4, 4))[place]
    assert masked.tolist() == pytest.approx(by_hand(place, place + 1))


def test_what_a_layer_runs_is_the_plain_form_with_the_causal_mask():
    torch.manual_seed(0)
    layer = Attention(
        ModelConfig(vocab_size=1, width=32, num_heads=2, num_kv_heads=2,
                    head_width=16, qk_norm=False)
    )  # fmt: skip
    x = torch.randn(1, 5, 32)
    parts = (layer._split(one(x)) for one in
             (layer.query, layer.key, layer.value))  # fmt: skip
    plain = attention(*parts, causal_mask(5, 5)).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer(x), layer.output(plain))


@pytest.mark.parametrize("d", [2, 16, 128])
def test_a_dot_product_s_spread_is_the_root_of_the_width(d):
    torch.manual_seed(0)
    query, key = torch.randn(2, 20_000, d)
    spread = (query * key).sum(dim=1).std()
    assert spread.item() == pytest.approx(sqrt(d), rel=0.03)
