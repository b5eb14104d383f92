"""What trains faster on a CPU does what the plain functions do."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from octavo.model import (
    Block,
    ModelConfig,
    RMSNorm,
    causal_mask,
    fused_causal_attention,
    rotary_angles,
    rotate,
    scaled_dot_product_attention,
)
from octavo.model.fast.attention import LONGEST, ROWS, FastAttention
from octavo.model.fast.dropout import fast_dropout
from octavo.model.fast.norms import fast_rms_norm
from octavo.model.fast.rotation import fast_rotate


def test_the_faster_rotation_is_the_same_and_turns_gradients_back():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 5, 8, dtype=torch.float64, requires_grad=True)
    angles = rotary_angles(5, 8, base=10.0).double()
    how = angles.cos(), angles.sin()
    torch.testing.assert_close(fast_rotate(x, *how), rotate(x, *how))
    assert torch.autograd.gradcheck(lambda x: fast_rotate(x, *how), (x,))
    assert "FastRotation" in type(fast_rotate(x, *how).grad_fn).__name__


def test_the_faster_rotation_keeps_bfloat16_as_close_as_it_can():
    x = torch.randn(2, 5, 8, dtype=torch.bfloat16, requires_grad=True)
    angles = rotary_angles(5, 8, base=10.0)
    how = angles.cos(), angles.sin()
    turned = fast_rotate(x, *how)
    assert turned.dtype == torch.bfloat16
    exact = rotate(x.float(), *how)
    torch.testing.assert_close(turned.float(), exact, rtol=0, atol=0.05)


def test_the_gradient_of_rms_norm_is_torchs():
    """By differences, and beside the gradient of torch's own function."""
    torch.manual_seed(0)
    x = torch.randn(3, 4, 6, dtype=torch.float64, requires_grad=True)
    weight = torch.rand(6, dtype=torch.float64, requires_grad=True)
    inputs, into = (x, weight, 1e-2), torch.randn(3, 4, 6).double()
    assert torch.autograd.gradcheck(fast_rms_norm, inputs)
    ours = fast_rms_norm(*inputs)
    theirs = functional.rms_norm(x, (6,), weight, 1e-2)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        torch.autograd.grad(ours, (x, weight), into),
        torch.autograd.grad(theirs, (x, weight), into),
    )


def test_training_and_reading_norm_alike():
    norm = RMSNorm(6, epsilon=1e-2)
    nn.init.uniform_(norm.weight)
    x = torch.randn(2, 3, 6)
    with torch.no_grad():
        read = norm(x)
    torch.testing.assert_close(norm(x), read)
    assert "FastRMSNorm" in type(norm(x).grad_fn).__name__


def test_a_norm_is_rounded_for_the_products_that_follow():
    norm, x = RMSNorm(6, epsilon=1e-2), torch.randn(2, 3, 6)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = norm(x)
    assert rounded.dtype == torch.bfloat16
    assert torch.equal(rounded, norm(x).bfloat16())
    rounded.sum().backward()
    assert norm.weight.grad.dtype == torch.float32


@pytest.mark.parametrize("length", [1, 5, ROWS, ROWS + 3])
def test_attention_that_keeps_its_weights_is_the_reference(length):
    """The values, and the gradients beside autograd's."""
    torch.manual_seed(0)
    inputs = torch.randn(3, 2, length, 4, dtype=torch.float64).unbind()
    for x in inputs:
        x.requires_grad_()
    into = torch.randn(2, length, 4, dtype=torch.float64)
    ours = FastAttention.apply(*inputs)
    theirs = scaled_dot_product_attention(
        *inputs, causal_mask(length, length)
    )
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        torch.autograd.grad(ours, inputs, into),
        torch.autograd.grad(theirs, inputs, into),
    )


def attend(length, groups=2, kind=torch.bfloat16):
    """Return what attention made, to train on, and of what."""
    query = torch.randn(1, 2, length, 8, requires_grad=True)
    key, value = torch.randn(2, 1, groups, length, 8).unbind()
    with torch.autocast("cpu", kind, enabled=kind == torch.bfloat16):
        return fused_causal_attention(query, key, value), query, key, value


def test_in_bfloat16_the_weights_are_kept_and_as_exact():
    torch.manual_seed(0)
    mixed, *inputs = attend(40)
    assert "FastAttention" in str(mixed.grad_fn.next_functions)
    exact = scaled_dot_product_attention(*inputs, causal_mask(40, 40))
    torch.testing.assert_close(mixed.float(), exact, rtol=0, atol=0.03)


@pytest.mark.parametrize(
    "how",
    [{"length": 40, "kind": torch.float32}, {"length": LONGEST + 1},
     {"length": 40, "groups": 1}],
)  # fmt: skip
def test_elsewhere_torchs_kernel_is_taken(how):
    mixed, *_ = attend(**how)
    assert "FastAttention" not in str(mixed.grad_fn.next_functions)


def test_dropout_drops_what_it_says_and_keeps_the_mean():
    torch.manual_seed(0)
    x = torch.ones(1001, 333, requires_grad=True)
    dropped = fast_dropout(x, 0.15)
    share = (dropped == 0).float().mean().item()
    assert share == pytest.approx(38 / 256, abs=0.003)
    assert dropped.mean().item() == pytest.approx(1, abs=0.003)
    (dropped * 3).sum().backward()
    assert torch.equal(x.grad, dropped * 3)
    # Neighbours and rows know nothing of each other.
    gone = (dropped == 0).float()
    for near in (gone[:, 1:] * gone[:, :-1], gone[1:] * gone[:-1]):
        assert near.mean().item() == pytest.approx(share**2, abs=0.002)


def test_dropout_is_for_training():
    torch.manual_seed(0)
    block = Block(ModelConfig(vocab_size=8, width=64, dropout=0.5))
    x = torch.randn(1, 4, 64, requires_grad=True)
    once, again = block(x), block(x)
    assert not torch.equal(once, again)
    block.eval()
    assert torch.equal(block(x), block(x))
