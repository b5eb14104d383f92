"""Chapter 8's formulas as they are printed, against the layers' code."""

import numpy as np

from octavo.twins import numpy_layers as layers

RANDOM = np.random.default_rng(0)


def draw(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape)


def near(ours, printed) -> None:
    np.testing.assert_allclose(ours, printed, rtol=0, atol=1e-13)


def test_the_slopes_of_the_gate():
    g, u, dy = draw(5), draw(5), draw(5)
    s = 1 / (1 + np.exp(-g))
    dgate, dup = layers.swiglu(g, u)[1](dy)
    near(dgate, dy * (s + g * s * (1 - s)) * u)
    near(dup, dy * g * s)


def test_what_was_expected_less_what_came():
    x, came = draw(1, 6), np.array([4])
    p = np.exp(x[0]) / np.exp(x[0]).sum()
    loss, dx = layers.cross_entropy(x, came)
    near(loss, np.log(np.exp(x[0]).sum()) - x[0, 4])
    near(dx[0], p - np.eye(6)[4])


def test_the_two_gradients_of_a_product():
    x, w, dy = draw(3, 2), draw(4, 2), draw(3, 4)
    dx, dw = layers.linear(x, w)[1](dy)
    for n in range(3):
        for j in range(2):
            near(dx[n, j], sum(dy[n, i] * w[i, j] for i in range(4)))
    for i in range(4):
        for j in range(2):
            near(dw[i, j], sum(dy[n, i] * x[n, j] for n in range(3)))


def test_the_gradient_of_a_norm_stands_across_the_vector():
    x, w, dy = draw(7), draw(7), draw(7)
    r = np.sqrt(sum(one * one for one in x) / 7)
    u, g = x / r, w * dy
    dx, dw = layers.rms_norm(x, w, 0.0)[1](dy)
    near(dx, [(g[j] - u[j] * sum(g * u) / 7) / r for j in range(7)])
    near(dw, dy * u)
    near(x @ dx, 0)


def test_a_turn_back_keeps_a_gradient_s_length():
    angle, dy = draw(3, 2), draw(3, 4)
    _, back = layers.rotate(draw(3, 4), np.cos(angle), np.sin(angle))
    near(np.linalg.norm(back(dy)), np.linalg.norm(dy))


def test_a_score_s_gradient_is_its_own_less_the_average():
    x, d = draw(5), draw(5)
    p = np.exp(x) / sum(np.exp(x))
    dx = layers.softmax(x)[1](d)
    near(dx, [p[j] * (d[j] - sum(d * p)) for j in range(5)])
    sure = np.array([1000.0, 0.0, 0.0])  # a share of one, and of zero
    near(layers.softmax(sure)[1](draw(3)), 0)
