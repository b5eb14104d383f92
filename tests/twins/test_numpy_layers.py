"""Every gradient by hand: against torch's autograd, and against slopes."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from octavo.model import (
    causal_mask,
    rotary_angles,
    scaled_dot_product_attention,
)
from octavo.model import rotate as torch_rotate
from octavo.twins import numpy_layers as layers

RANDOM = np.random.default_rng(0)
ANGLES = rotary_angles(7, 6, 100.0).double()
COSINE, SINE = ANGLES.cos(), ANGLES.sin()
IDS = np.array([[3, 0, 3, 4], [3, 0, 9, 9]])


def draw(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape)


def torch_rms_norm(x, weight):
    return functional.rms_norm(x, weight.shape, weight, 1e-2)


def torch_attention(query, key, value):
    groups = query.shape[1] // key.shape[1]
    key = key.repeat_interleave(groups, dim=1)
    value = value.repeat_interleave(groups, dim=1)
    mask = causal_mask(query.shape[2], key.shape[2])
    return scaled_dot_product_attention(query, key, value, mask)


# Name: the layer by hand, the same in torch, and its inputs. The epsilons
# are large, so that a formula that forgets them fails.
LAYERS = {
    "embedding": (
        lambda weight: layers.embedding(IDS, weight),
        lambda weight: weight[torch.from_numpy(IDS)],
        [draw(10, 4)],
    ),
    "linear": (
        layers.linear,
        functional.linear,
        [draw(2, 5, 3), draw(4, 3)],
    ),
    "bias": (layers.shift, torch.add, [draw(2, 5, 3), draw(3)]),
    "learned positions": (
        layers.shift,
        torch.add,
        [draw(2, 5, 3), draw(5, 3)],
    ),
    "RMSNorm": (
        lambda x, weight: layers.rms_norm(x, weight, 1e-2),
        torch_rms_norm,
        [draw(5, 8) * 3, draw(8)],
    ),
    "RMSNorm of heads": (
        lambda x, weight: layers.rms_norm(x, weight, 1e-2),
        torch_rms_norm,
        [draw(2, 3, 5, 6) / 9, draw(6)],
    ),
    "LayerNorm": (
        lambda x, weight: layers.layer_norm(x, weight, 1e-2),
        lambda x, weight: functional.layer_norm(
            x, weight.shape, weight, eps=1e-2
        ),
        [draw(5, 8) / 9 + 2, draw(8)],
    ),
    "rotate": (
        lambda x: layers.rotate(x, COSINE.numpy(), SINE.numpy()),
        lambda x: torch_rotate(x, COSINE, SINE),
        [draw(2, 3, 7, 6)],
    ),
    "softmax": (
        layers.softmax,
        lambda x: x.softmax(-1),
        [draw(3, 5) * 4],
    ),
    "attention": (
        layers.causal_attention,
        torch_attention,
        [draw(2, 3, 7, 6), draw(2, 3, 7, 6), draw(2, 3, 7, 6)],
    ),
    "grouped attention": (
        layers.causal_attention,
        torch_attention,
        [draw(2, 6, 7, 4), draw(2, 2, 7, 4), draw(2, 2, 7, 4)],
    ),
    "attention of one token": (
        layers.causal_attention,
        torch_attention,
        [draw(2, 2, 1, 4), draw(2, 1, 1, 4), draw(2, 1, 1, 4)],
    ),
    "SwiGLU": (
        layers.swiglu,
        lambda gate, up: functional.silu(gate) * up,
        [draw(5, 4) * 3, draw(5, 4)],
    ),
    "GELU": (
        layers.gelu,
        lambda x: functional.gelu(x, approximate="tanh"),
        [draw(5, 8) * 3],
    ),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def gradients_by_hand(layer, inputs, dy) -> list[np.ndarray]:
    """Return one gradient for each input."""
    found = layer(*inputs)[1](dy)
    return list(found) if isinstance(found, tuple) else [found]


@every_layer
def test_outputs_and_gradients_are_those_of_autograd(name):
    layer, torch_layer, inputs = LAYERS[name]
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = torch_layer(*tensors)
    dy = draw(*expected.shape)
    gradients = torch.autograd.grad(expected, tensors, torch.tensor(dy))

    y, _ = layer(*inputs)
    np.testing.assert_allclose(y, expected.detach(), rtol=0, atol=1e-13)
    ours = gradients_by_hand(layer, inputs, dy)
    for mine, theirs in zip(ours, gradients, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


@every_layer
def test_gradients_are_the_slope_along_any_direction(name):
    """(f(x + hv) - f(x - hv)) / 2h, which no derivation enters."""
    layer, _, inputs = LAYERS[name]
    step = 1e-6
    directions = [draw(*x.shape) for x in inputs]
    there, back = (
        layer(*[x + sign * step * v
                for x, v in zip(inputs, directions, strict=True)])[0]
        for sign in (1, -1)
    )  # fmt: skip
    dy = draw(*there.shape)
    slope = np.sum(dy * (there - back)) / (2 * step)
    ours = sum(
        np.sum(gradient * v)
        for gradient, v in zip(
            gradients_by_hand(layer, inputs, dy), directions, strict=True
        )
    )
    assert ours == pytest.approx(slope, rel=1e-7, abs=1e-8)


@every_layer
def test_single_precision_stays_single(name):
    layer, _, inputs = LAYERS[name]
    if name == "rotate":  # its tables are given in the precision of x
        layer, inputs = layers.rotate, [*inputs, COSINE, SINE]
    inputs = [np.asarray(x, np.float32) for x in inputs]
    y, backward = layer(*inputs)
    found = backward(y)
    found = found if isinstance(found, tuple) else (found,)
    assert {x.dtype for x in (y, *found)} == {np.dtype(np.float32)}


def test_layers_change_neither_inputs_nor_gradients():
    for layer, _, inputs in LAYERS.values():
        copies = [x.copy() for x in inputs]
        y, backward = layer(*inputs)
        dy, kept = draw(*y.shape), y.copy()
        given = dy.copy()
        first, second = backward(dy), backward(dy)
        for before, after in (
            *zip(copies, inputs, strict=True),
            (kept, y),
            (given, dy),
        ):
            np.testing.assert_array_equal(before, after)
        for one, two in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, two)


def test_cross_entropy_is_torchs():
    logits, targets = draw(6, 5) * 3, np.array([0, 4, 4, 1, 2, 0])
    tensor = torch.tensor(logits, requires_grad=True)
    expected = functional.cross_entropy(tensor, torch.tensor(targets))
    expected.backward()
    loss, dlogits = layers.cross_entropy(logits, targets)
    assert loss == pytest.approx(expected.item(), rel=1e-14)
    np.testing.assert_allclose(dlogits, tensor.grad, rtol=0, atol=1e-14)


def test_cross_entropy_by_hand():
    # Scores of ln 3 and 0 expect the first with 3/4; the second came.
    loss, dlogits = layers.cross_entropy(
        np.array([[math.log(3), 0.0]]), np.array([1])
    )
    assert loss == pytest.approx(math.log(4))
    np.testing.assert_allclose(dlogits, [[0.75, -0.75]])


def test_far_out_scores_neither_overflow_nor_warn():
    far = np.array([[200.0, -200.0, 0.0]], np.float32)
    loss, dlogits = layers.cross_entropy(far, np.array([1]))
    assert loss == 400
    np.testing.assert_array_equal(dlogits, [[1, -1, 0]])
    y, backward = layers.swiglu(far, np.ones_like(far))
    np.testing.assert_array_equal(y, [[200, 0, 0]])
    assert np.isfinite(backward(y)).all()
