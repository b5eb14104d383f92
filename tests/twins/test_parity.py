"""The one contract of the twins: same weights, same numbers."""

import pytest

from octavo.twins.parity import (
    BOUNDS,
    SHAPES,
    TWINS,
    compare,
)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("shape", SHAPES)
def test_logits_loss_and_every_gradient_agree(shape, twin, dtype):
    difference = compare(twin, SHAPES[shape], dtype)
    assert difference.logits < BOUNDS[dtype], difference
    assert difference.loss < BOUNDS[dtype], difference
    assert difference.gradients < BOUNDS[dtype], difference
