"""What is caught is what the model computes with."""

import pytest
import torch

from octavo.foundation import UserError
from octavo.inspection import attention_weights
from octavo.inspection.capture import watch_attention

from .conftest import make_model


def test_the_weights_mix_the_values_into_the_modules_own_output(model, ids):
    own = []
    handles = [
        block.attention.register_forward_hook(
            lambda _m, _i, output: own.append(output)
        )
        for block in model.blocks
    ]
    caught = watch_attention(model, ids)
    for handle in handles:
        handle.remove()
    weights = attention_weights(model, ids)
    heads, groups = model.config.num_heads, model.config.num_kv_heads
    for layer, block in enumerate(model.blocks):
        value = caught[layer].value[0]
        assert value.shape[0] == groups
        mixed = torch.stack(
            [
                weights[layer, head] @ value[head * groups // heads]
                for head in range(heads)
            ]
        )
        with torch.no_grad():
            output = block.attention.output(
                mixed.transpose(0, 1).flatten(1)
            )
        torch.testing.assert_close(
            output, own[layer][0], atol=1e-5, rtol=1e-5
        )


def test_each_row_sums_to_one_and_none_sees_a_later_token(model, ids):
    weights = attention_weights(model, ids)
    config = model.config
    assert weights.shape == (config.num_layers, config.num_heads, 11, 11)
    assert torch.equal(weights, weights.tril())
    torch.testing.assert_close(
        weights.sum(-1), torch.ones_like(weights[..., 0])
    )
    assert weights.std() > 0.1


def test_queries_of_nothing_look_evenly():
    model = make_model(qk_norm=False)
    for block in model.blocks:
        block.attention.query.weight.data.zero_()
    weights = attention_weights(model, [7, 8, 9])
    even = torch.tensor([[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3] * 3])
    torch.testing.assert_close(weights, even.expand(2, 4, 3, 3))


def test_looking_leaves_training_as_it_was(ids):
    model = make_model(dropout=0.5).train()
    before = torch.get_rng_state()
    first = attention_weights(model, ids)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    assert torch.equal(first, attention_weights(model, ids))
    assert all(p.requires_grad for p in model.parameters())


def test_a_model_is_left_in_training_after_a_failure():
    model = make_model().train()
    with pytest.raises(UserError, match="25 tokens long"):
        attention_weights(model, [0] * 25)
    assert model.training
    with pytest.raises(UserError, match="text is empty"):
        attention_weights(model, [])
