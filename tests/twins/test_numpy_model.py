from dataclasses import replace

import numpy as np
import pytest

from octavo.foundation import UserError
from octavo.twins.loading import load_twin, weights_of
from octavo.twins.numpy_model import forward, loss_and_gradients
from octavo.twins.parity import SHAPES, random_model

IDS = np.array([[5, 60, 0, 5], [1, 2, 3, 1]])


def test_gradients_come_in_the_order_of_the_parameters():
    for config in SHAPES.values():
        params = weights_of(random_model(config, "float32"))
        _, gradients = loss_and_gradients(params, config, IDS, IDS)
        assert list(gradients) == list(params)
        for name, gradient in gradients.items():
            assert gradient.shape == params[name].shape, name
            assert gradient.dtype == np.float32, name


def test_no_token_sees_a_later_one():
    config = SHAPES["Qwen3"]
    params = weights_of(random_model(config, "float64"))
    changed = IDS.copy()
    changed[:, 2] += 1
    before, after = (forward(params, config, ids) for ids in (IDS, changed))
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).any(axis=-1).all()


@pytest.mark.parametrize("twin", ["numpy", "jax"])
def test_what_a_twin_cannot_do_raises(twin):
    module = load_twin(twin)
    config = SHAPES["GPT-2"]
    params = weights_of(random_model(config, "float32"))
    dropping = replace(config, dropout=0.1)
    with pytest.raises(UserError, match=r"dropout is 0\.1"):
        module.forward(params, dropping, IDS)
    with pytest.raises(UserError, match=r"16 tokens long .* context 13"):
        module.forward(params, config, np.tile(IDS, 4))
