"""Chapter 5's formulas as they are printed, against the model's code."""

from math import cos, radians, sin

import pytest
import torch

from octavo.model import (
    ModelConfig,
    PositionEmbedding,
    Transformer,
    rotary_angles,
    rotate,
)


def turned(arrow, angle: float) -> list[float]:
    angles = torch.tensor([[angle]])
    x = torch.tensor([arrow])
    return rotate(x, angles.cos(), angles.sin())[0].tolist()


def test_the_waves_of_a_place():
    config = ModelConfig(vocab_size=1, width=6, positions="sinusoidal")
    row = PositionEmbedding(config)(slice(7, 8))[0]
    for i in range(3):
        angle = 7 * 10_000 ** (-2 * i / 6)
        assert row[2 * i].item() == pytest.approx(sin(angle), abs=1e-5)
        assert row[2 * i + 1].item() == pytest.approx(cos(angle), abs=1e-5)


def test_an_arrow_turned():
    x, y, a = 3.0, 4.0, 0.7
    by_hand = [x * cos(a) - y * sin(a), y * cos(a) + x * sin(a)]
    assert turned([x, y], a) == pytest.approx(by_hand)
    assert turned([2.0, 1.0], radians(90)) == pytest.approx([-1, 2])


@pytest.mark.parametrize(("m", "n"), [(0, 0), (3, 1), (6, 4), (2, 9)])
def test_only_the_distance_is_left_in_the_fit(m, n):
    (q1, q2), (k1, k2), theta = (2.0, 1.0), (1.0, 2.0), radians(30)
    query, key = turned([q1, q2], m * theta), turned([k1, k2], n * theta)
    apart = (m - n) * theta
    printed = (q1 * k1 + q2 * k2) * cos(apart)
    printed += (q1 * k2 - q2 * k1) * sin(apart)
    assert query[0] * key[0] + query[1] * key[1] == pytest.approx(printed)


def test_the_slowest_pair_of_a_head_of_64_comes_round_after_47_117():
    speeds = rotary_angles(2, 64, 10_000.0)[1]
    assert 2 * torch.pi / speeds[0].item() == pytest.approx(6.283, abs=1e-3)
    assert round(2 * torch.pi / speeds[-1].item()) == 47_117


def test_a_tied_head_scores_by_rows_of_the_table():
    model = Transformer(ModelConfig(vocab_size=5, width=8, num_layers=1))
    x, row = torch.randn(8), model.embedding.weight[3]
    torch.testing.assert_close(model.head(x)[3], x @ row)
    # Rows of tokens that are not in the text get no gradient at the
    # reading end.
    model.embedding(torch.tensor([1, 1, 4])).sum().backward()
    touched = model.embedding.weight.grad.abs().sum(dim=1)
    assert touched.tolist() == [0, 16, 0, 0, 8]
