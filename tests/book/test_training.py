"""Chapter 9's formulas as they are printed, against the library's code."""

import math

import numpy as np
import pytest
import torch

from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training.dial.law import Law, worth
from octavo.training.optimizers import QUINTIC, orthogonalise
from octavo.twins.numpy_optimizer import AdamW


def test_down_the_valley_each_direction_shrinks_by_its_own_factor():
    def down(rate: float) -> tuple[float, float]:
        place = torch.tensor([-4.0, 0.8], requires_grad=True)
        for _ in range(12):
            x, y = place
            (slope,) = torch.autograd.grad((x**2 + 20 * y**2) / 2, place)
            place.data -= rate * slope
        return tuple(place.tolist())

    x, y = down(0.08)
    assert x == pytest.approx(-4 * 0.92**12, rel=1e-4)
    assert y == pytest.approx(0.8 * 0.6**12, rel=1e-4)
    assert round(x, 2) == -1.47
    assert abs(down(0.101)[1]) > 0.8 > abs(down(0.099)[1])


def test_adams_second_step():
    place = np.array([0.8])
    adam = AdamW({"y": place}, learning_rate=0.3)
    m, v, y = 0.0, 0.0, 0.8
    for t in (1, 2):
        gradient = 20 * y
        m = 0.9 * m + 0.1 * gradient
        v = 0.95 * v + 0.05 * gradient**2
        y -= 0.3 * (m / (1 - 0.9**t)) / math.sqrt(v / (1 - 0.95**t))
        adam.step({"y": 20 * place})
    assert place[0] == pytest.approx(y, abs=1e-9)
    assert y == pytest.approx(0.2096, abs=1e-4)


def test_muons_rounds_change_singular_values_and_nothing_else():
    torch.manual_seed(0)
    matrix = torch.randn(6, 9)
    u, values, v = torch.linalg.svd(matrix, full_matrices=False)
    values = values / matrix.norm()
    a, b, c = QUINTIC
    for _ in range(3):
        values = a * values + b * values**3 + c * values**5
    found = orthogonalise(matrix[None], rounds=3)[0]
    torch.testing.assert_close(found, u * values @ v, rtol=1e-4, atol=1e-5)


def test_the_first_round_for_three_and_one():
    a, b, c = QUINTIC
    assert (a, b, c) == (3.4445, -4.775, 2.0315)
    gradient = torch.tensor([[2.0, 1.0], [1.0, 2.0]])
    assert gradient.norm() ** 2 == pytest.approx(10)
    once = orthogonalise(gradient[None], rounds=1)[0]
    x = gradient / gradient.norm()
    square = x @ x.T
    printed = a * x + b * square @ x + c * square @ square @ x
    torch.testing.assert_close(once, printed, rtol=1e-5, atol=1e-6)
    for value, along in ((3, [1.0, 1.0]), (1, [1.0, -1.0])):
        s = value / math.sqrt(10)
        became = once @ torch.tensor(along)
        assert became[0] == pytest.approx(a * s + b * s**3 + c * s**5)


def test_adam_does_not_see_the_weaker_direction_of_a_matrix():
    gradient = np.array([[2.0, 1.0], [1.0, 2.0]])
    matrix = np.zeros((2, 2))
    AdamW({"m": matrix}, learning_rate=1).step({"m": gradient})
    np.testing.assert_allclose(matrix @ [1, -1], 0, atol=1e-9)
    ours = orthogonalise(torch.tensor(gradient)[None])[0].numpy()
    np.testing.assert_allclose(ours @ [1, -1], [1.04, -1.04], atol=0.01)


@pytest.mark.parametrize(("up", "down"), [(10, 0.4), (1, 1.0), (50, 0.1)])
def test_the_share_of_the_learning_rate(up, down):
    recipe = Recipe(
        data=DataRecipe(corpus="sonnets"),
        model=ModelConfig(vocab_size=256, context=32),
        training=TrainingRecipe(
            tokens=300 * 8 * 32, warmup_steps=up, decay_share=down
        ),
    )
    total = recipe.num_steps
    assert total == 300
    for s in range(total):
        printed = min(1, (s + 1) / up, (total - s) / (down * total))
        assert recipe.learning_rate_share(s) == pytest.approx(printed)


def test_the_law():
    law = Law(floor=1.3, size=2.0, size_power=0.1, data=40.0,
              data_power=0.3, patience=16.0)  # fmt: skip
    n, d = 1e6, 5e6
    printed = 1.3 + 2.0 / n**0.1 + 40.0 / d**0.3
    assert law.bits_per_byte(n, d, text=1e9) == pytest.approx(printed)


def test_what_is_read_again_counts_less_and_never_more_than_patience():
    assert worth(4e6, text=5e6, patience=16) == 4e6
    for passes in (1, 2, 3, 10, 1000):
        more = 16 * (1 - math.exp(-(passes - 1) / 16))
        found = worth(passes * 5e6, text=5e6, patience=16) / 5e6
        assert found == pytest.approx(1 + more)
        assert found <= min(passes, 1 + 16)
    assert worth(1e12, text=5e6, patience=16) == pytest.approx(17 * 5e6)
