"""The parts of the model against hand calculations and each other."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from octavo.foundation import UserError
from octavo.model import (
    Cache,
    ModelConfig,
    RMSNorm,
    Transformer,
    causal_mask,
    rotary_angles,
    rotate,
    scaled_dot_product_attention,
)

SMALL = ModelConfig(
    vocab_size=61,
    context=24,
    num_layers=2,
    width=32,
    num_heads=4,
    num_kv_heads=2,
    head_width=12,
    mlp_width=40,
)


def small_model(**changes) -> Transformer:
    torch.manual_seed(5)
    return Transformer(replace(SMALL, **changes)).eval()


def test_attention_by_hand():
    # One query that scores ln 3 against one key and 0 against the other
    # weighs them 3/4 and 1/4.
    query = torch.tensor([[math.log(3) * math.sqrt(2), 0.0]])
    key = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    value = torch.tensor([[8.0, 0.0], [0.0, 4.0]])
    mixed = scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(mixed, torch.tensor([[6.0, 1.0]]))


def test_a_mask_hides_what_it_does_not_allow():
    query, key = torch.randn(3, 4), torch.randn(3, 4)
    value = torch.eye(3)
    weights = scaled_dot_product_attention(
        query, key, value, causal_mask(3, 3)
    )
    assert torch.equal(weights, weights.tril())
    torch.testing.assert_close(weights.sum(-1), torch.ones(3))
    assert weights[0].tolist() == [1.0, 0.0, 0.0]


def test_the_reference_equals_torch():
    query, key, value = torch.randn(3, 2, 5, 7, 8).unbind()
    ours = scaled_dot_product_attention(
        query, key, value, causal_mask(7, 7)
    )
    theirs = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True
    )
    torch.testing.assert_close(ours, theirs)


def test_the_causal_mask_ends_in_the_lower_right_corner():
    assert causal_mask(2, 4).tolist() == [
        [True, True, True, False],
        [True, True, True, True],
    ]


def test_rms_norm_by_hand():
    norm = RMSNorm(2, epsilon=0.0)
    norm.weight.data = torch.tensor([1.0, 10.0])
    # The root mean square of (3, 4) is sqrt(12.5).
    size = math.sqrt(12.5)
    expected = torch.tensor([3 / size, 40 / size])
    torch.testing.assert_close(norm(torch.tensor([3.0, 4.0])), expected)


def test_rotation_turns_by_the_position_times_the_speed():
    angles = rotary_angles(3, 4, base=100.0)
    # Speeds 100^0 and 100^(-1/2): one radian, and a tenth, a step.
    expected = torch.tensor([[0.0, 0.0], [1.0, 0.1], [2.0, 0.2]])
    torch.testing.assert_close(angles, expected)
    x = torch.tensor([1.0, 0.0, 0.0, 2.0]).expand(3, 4)
    turned = rotate(x, angles.cos(), angles.sin())
    by_hand = [math.cos(2), -2 * math.sin(0.2), math.sin(2),
               2 * math.cos(0.2)]  # fmt: skip
    torch.testing.assert_close(turned[2], torch.tensor(by_hand))


def test_scores_depend_on_distance_alone():
    angles = rotary_angles(20, 8, base=10_000.0)
    query, key = torch.randn(2, 8).unbind()

    def score(i: int, j: int) -> float:
        turn = [rotate(x[None], angles[at].cos()[None],
                       angles[at].sin()[None])
                for x, at in ((query, i), (key, j))]  # fmt: skip
        return float((turn[0] * turn[1]).sum())

    assert score(7, 3) == pytest.approx(score(19, 15), abs=1e-5)
    assert score(7, 3) != pytest.approx(score(7, 4), abs=1e-3)


def test_no_token_sees_a_later_one():
    model, ids = small_model(), torch.randint(61, (2, 12))
    changed = ids.clone()
    changed[:, 7] = (changed[:, 7] + 1) % 61
    before, after = model(ids), model(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


@pytest.mark.parametrize("cuts", [[1] * 20, [20], [1, 19], [7, 1, 5, 7]])
@pytest.mark.parametrize("qk_norm", [True, False])
def test_the_cache_changes_nothing(cuts, qk_norm):
    model, ids = small_model(qk_norm=qk_norm), torch.randint(61, (3, 20))
    cache = Cache(model.config)
    pieces = [model(piece, cache) for piece in ids.split(cuts, dim=1)]
    assert cache.length == 20
    torch.testing.assert_close(
        torch.cat(pieces, dim=1), model(ids), atol=1e-5, rtol=1e-5
    )


def test_a_text_beyond_the_context_raises():
    model = small_model()
    with pytest.raises(UserError, match=r"25 tokens long .* context 24"):
        model(torch.zeros(1, 25, dtype=torch.long))
    cache = Cache(model.config)
    model(torch.zeros(1, 24, dtype=torch.long), cache)
    with pytest.raises(UserError, match="25 tokens long"):
        model(torch.zeros(1, 1, dtype=torch.long), cache)


def test_parameters_are_counted_once():
    # Embedding 61 x 32; per block two norms of 32, two of 12, query and
    # output 32 x 48, key and value 32 x 24, three of 32 x 40; last norm 32.
    block = 2 * 32 + 2 * 12 + 2 * 32 * 48 + 2 * 32 * 24 + 3 * 32 * 40
    assert small_model().num_parameters() == 61 * 32 + 2 * block + 32
    free = small_model(tied_head=False).num_parameters()
    assert free == 2 * 61 * 32 + 2 * block + 32


def test_the_first_loss_is_that_of_guessing():
    torch.manual_seed(0)
    model = Transformer(replace(SMALL, vocab_size=500))
    ids = torch.randint(500, (8, 24))
    loss = functional.cross_entropy(
        model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    )
    assert loss.item() == pytest.approx(math.log(500), rel=0.02)


def test_dropout_works_in_training_only():
    model, ids = small_model(dropout=0.5), torch.randint(61, (1, 9))
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))
