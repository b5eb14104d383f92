"""A small model's block by hand is the block that everyone can read."""

from dataclasses import replace

import pytest
import torch

from octavo.model import ModelConfig, Transformer
from octavo.model.fast.blocks import LARGEST, given_back, take_over

CONFIG = ModelConfig(
    vocab_size=11,
    context=7,
    num_layers=2,
    width=12,
    num_heads=3,
    num_kv_heads=3,
    head_width=4,
    mlp_width=10,
    norm_epsilon=1e-2,
)


def model_of(config=CONFIG, by_hand=True):
    """Return a model whose every number is drawn, norms too."""
    torch.manual_seed(0)
    model = Transformer(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    if by_hand:
        take_over(model, tokens=4)
    return model


def trained(model):
    """Return the loss on a text, and every gradient."""
    ids = torch.arange(14).view(2, 7) % 11
    loss = torch.nn.functional.cross_entropy(
        model(ids).flatten(0, 1).float(), ids.flatten().flip(0)
    )
    model.zero_grad()
    loss.backward()
    return loss, {n: p.grad.clone() for n, p in model.named_parameters()}


def hands(model):
    """Return what made each number of the stream."""
    ids = torch.arange(14).view(2, 7) % 11
    return str(model.hidden(ids).grad_fn.next_functions)


def test_loss_and_every_gradient_are_autograds():
    by_hand, plain = model_of().double(), model_of(by_hand=False).double()
    assert "FastThinking" in hands(by_hand)
    assert "FastThinking" not in hands(plain)
    torch.testing.assert_close(
        trained(by_hand), trained(plain), rtol=1e-9, atol=1e-12
    )


def test_in_bfloat16_they_are_as_close_as_autograds():
    """Both beside float32: neither is further from it than the other."""
    exact = trained(model_of(by_hand=False))[1]
    errors = []
    for by_hand in (True, False):
        with torch.autocast("cpu", torch.bfloat16):
            found = trained(model_of(by_hand=by_hand))[1]
        away = [(found[n] - exact[n]).norm() for n in exact]
        errors.append(torch.stack(away).norm().item())
        assert {g.dtype for g in found.values()} == {torch.float32}
    assert errors[0] < 1.5 * errors[1]
    assert (
        errors[1]
        < 0.1 * torch.stack([g.norm() for g in exact.values()]).norm()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.1},
        {"num_kv_heads": 1},
        {"qk_norm": False},
        {"mlp": "gelu"},
        {"norm": "layer"},
        {"positions": "learned"},
        {"bias": True},
    ],
)
def test_a_block_of_another_shape_is_left_to_autograd(changes):
    model = model_of(replace(CONFIG, **changes))
    assert "Fast" not in hands(model).replace("FastRMSNorm", "")


def test_a_large_model_is_left_to_autograd():
    model = model_of(by_hand=False)
    take_over(model, tokens=LARGEST // 12 + 1)
    assert "FastThinking" not in hands(model)
    take_over(model, tokens=LARGEST // 12)
    assert "FastThinking" in hands(model)


def test_reading_and_watching_see_every_module():
    model, seen = model_of(), []
    for name, module in model.named_modules():
        module.register_forward_hook(
            lambda *_, name=name: seen.append(name)
        )
    ids = torch.arange(7).view(1, 7)
    expected = [name for name, _ in model.named_modules()]
    with torch.no_grad():
        model(ids)
    assert set(expected) - set(seen) == {"blocks"}
    seen.clear()
    with given_back(model):
        model(ids)
    assert set(expected) - set(seen) == {"blocks"}
    seen.clear()
    model(ids)
    assert "blocks.0.mlp.gate" not in seen
