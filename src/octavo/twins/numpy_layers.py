"""Every layer forwards and backwards, in NumPy: all gradients by hand.

A layer is a function that returns its output and a second function,
`backward`. That one is told how much the loss changes with each number of
the output, and says how much it changes with each number of the inputs, in
the order of the arguments. `dy` is short for dloss/dy, and has y's shape.

Three rules make all of it. A chain of functions multiplies its derivatives.
What is used twice gets the sum of both gradients. And what was copied
along an axis (a bias, to every row) is summed along it on the way back.

Shapes: B batch, T time, N tokens (B x T), D width, V vocabulary, H heads,
G key-value heads, K head width; "..." is any number of leading axes.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Ids = NDArray[np.integer[Any]]
One = Callable[[Array], Array]  # a gradient in, one out
Two = Callable[[Array], tuple[Array, Array]]
Three = Callable[[Array], tuple[Array, Array, Array]]


def embedding(ids: Ids, weight: Array) -> tuple[Array, One]:
    """Look up the rows of weight (V, D) at ids (...): (..., D)."""

    def backward(dy: Array) -> Array:
        """Sum, for each row, the gradients of all places that read it.

        Sorted by id, the places of a row stand together, and one sweep
        sums them; adding place by place would take many times as long.
        """
        order = np.argsort(ids, axis=None, kind="stable")
        rows, starts = np.unique(ids.ravel()[order], return_index=True)
        sorted_dy = dy.reshape(-1, weight.shape[1])[order]
        dweight = np.zeros_like(weight)
        dweight[rows] = np.add.reduceat(sorted_dy, starts)
        return dweight

    return weight[ids], backward


def linear(x: Array, weight: Array) -> tuple[Array, Two]:
    """Multiply: y = x W', with x (..., in) and weight (out, in)."""
    rows = x.reshape(-1, x.shape[-1])  # one large product, not B small
    y = rows @ weight.T

    def backward(dy: Array) -> tuple[Array, Array]:
        """Send dy through W to x, and through x to W.

        y_ni = sum_j W_ij x_nj. So x_nj is told sum_i dy_ni W_ij, which is
        dy W; and W_ij is told sum_n dy_ni x_nj, which is dy' x.
        """
        drows = dy.reshape(y.shape)
        return (drows @ weight).reshape(x.shape), drows.T @ rows

    return y.reshape(*x.shape[:-1], -1), backward


def shift(x: Array, bias: Array) -> tuple[Array, Two]:
    """Add: y = x + b, with x (..., D) and bias (D,), or (T, D) to all."""

    def backward(dy: Array) -> tuple[Array, Array]:
        """Pass dy on; b, added in many places, gets the sum of all."""
        return dy, dy.reshape(-1, *bias.shape).sum(axis=0)

    return x + bias, backward


def rms_norm(x: Array, weight: Array, epsilon: float) -> tuple[Array, Two]:
    """Scale: y = w x / r, r = sqrt(mean(x^2) + epsilon), x (..., D)."""
    inverse = 1 / np.sqrt(_mean(x * x) + epsilon)
    unit = x * inverse

    def backward(dy: Array) -> tuple[Array, Array]:
        """Take from the gradient its part along x: length is gone.

        u = x / r, and r has along x_j the slope x_j / (D r) = u_j / D.
        With g = w dy, then, dx_j = sum_i g_i (1[i=j] - u_i u_j / D) / r
        = (g_j - u_j mean(g u)) / r.
        """
        g = dy * weight
        dx = (g - unit * _mean(g * unit)) * inverse
        return dx, _sum_rows(dy * unit)

    return weight * unit, backward


def layer_norm(
    x: Array, weight: Array, epsilon: float
) -> tuple[Array, Two]:
    """Centre and scale: y = w (x - m) / s, x (..., D).

    m is the mean of each vector, s = sqrt(mean((x - m)^2) + epsilon).
    """
    centred = x - _mean(x)
    inverse = 1 / np.sqrt(_mean(centred * centred) + epsilon)
    unit = centred * inverse

    def backward(dy: Array) -> tuple[Array, Array]:
        """Do what RMSNorm does, and take the gradient's mean from it.

        u = c / s with c = x - m. To c goes (g - u mean(g u)) / s, as in
        RMSNorm. Each x_j is in c_j once and, through m, in all c_i by
        -1/D: subtract the mean. That of u mean(g u) is 0, as u's is.
        """
        g = dy * weight
        dx = (g - _mean(g) - unit * _mean(g * unit)) * inverse
        return dx, _sum_rows(dy * unit)

    return weight * unit, backward


def rotate(x: Array, cosine: Array, sine: Array) -> tuple[Array, One]:
    """Turn the pairs (x[i], x[i + K/2]) of x (..., T, K).

    cosine and sine are (T, K/2): one angle for each position and pair.
    """

    def backward(dy: Array) -> Array:
        """Turn back: a rotation's transpose is the opposite rotation."""
        return _turn(dy, cosine, -sine)

    return _turn(x, cosine, sine), backward


def softmax(x: Array) -> tuple[Array, One]:
    """Make shares: p_i = exp(x_i) / sum_j exp(x_j), on the last axis."""
    # Less the greatest, which changes no ratio, exp cannot overflow.
    p: Array = np.exp(x - x.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)

    def backward(dp: Array) -> Array:
        """Weigh by p what differs from the average gradient.

        Along x_j, p_i has the slope p_i (1[i=j] - p_j); hence dx_j =
        p_j (dp_j - sum_i dp_i p_i). To raise all x alike changes nothing.
        """
        average: Array = np.sum(dp * p, axis=-1, keepdims=True)
        return p * (dp - average)

    return p, backward


def causal_attention(
    query: Array, key: Array, value: Array
) -> tuple[Array, Three]:
    """Mix values by how keys answer queries, none from later tokens.

    query is (B, H, T, K), key and value (B, G, T, K); returns query's
    shape. The H / G heads that share a key are so many more queries to
    it: stacked along T, they need no copies of the keys.
    """
    batch, groups, time, width = key.shape
    stacked = (batch, groups, -1, width)  # (B, G, H/G x T, K)
    scale = 1 / math.sqrt(width)
    q = query.reshape(stacked)
    scores = q @ key.mT * scale
    scores += _hidden(scores.shape[2] // time, time, scores.dtype)
    weights, softmax_back = softmax(scores)
    y = weights @ value

    def backward(dy: Array) -> tuple[Array, Array, Array]:
        """Go back through two products and the softmax between them.

        y = P V: as for `linear`, dP = dy V' and dV = P' dy. S = Q K' c:
        dQ = c dS K and dK = c dS' Q. A hidden score has P = 0, and by
        softmax's rule dS = 0. Over the heads that share a key, the
        product with the stacked queries sums by itself.
        """
        dy = dy.reshape(stacked)
        dscores = softmax_back(dy @ value.mT)
        dscores *= scale
        dquery = (dscores @ key).reshape(query.shape)
        return dquery, dscores.mT @ q, weights.mT @ dy

    return y.reshape(query.shape), backward


def swiglu(gate: Array, up: Array) -> tuple[Array, Two]:
    """Gate: y = silu(gate) up, where silu(g) = g s(g), s the logistic."""
    opened = 0.5 * np.tanh(0.5 * gate) + 0.5  # s, and cannot overflow
    silu = gate * opened

    def backward(dy: Array) -> tuple[Array, Array]:
        """Each factor gets dy times the other; s' = s (1 - s).

        silu' = s + g s (1 - s) = s + silu (1 - s).
        """
        slope = opened + silu * (1 - opened)
        return dy * up * slope, dy * silu

    return silu * up, backward


def gelu(x: Array) -> tuple[Array, One]:
    """Bend: y = x (1 + tanh u) / 2, u = sqrt(2/pi) (x + 0.044715 x^3).

    Hendrycks and Gimpel 2016, in the form that GPT-2 computes.
    """
    slope, cubic = math.sqrt(2 / math.pi), 0.044715
    square = x * x
    bent = np.tanh(slope * x * (1 + cubic * square))

    def backward(dy: Array) -> Array:
        """Differentiate the product; tanh' = 1 - tanh^2.

        dy/dx = (1 + t) / 2 + x (1 - t^2) u' / 2, t = tanh u, and
        u' = sqrt(2 / pi) (1 + 3 x 0.044715 x^2).
        """
        inner = slope * (1 + 3 * cubic * square)
        dx: Array = 1 + bent + x * (1 - bent * bent) * inner
        return 0.5 * dy * dx

    return 0.5 * x * (1 + bent), backward


def cross_entropy(logits: Array, targets: Ids) -> tuple[float, Array]:
    """Return the mean surprise at targets (N,), and logits' gradient.

    Here the way back begins. For one token the loss is
    log sum_j exp(x_j) - x_target, and its derivative p_j - 1[j=target]:
    what the model expected, less what came. The mean divides by N.
    """
    places = np.arange(len(targets))
    shifted = logits - logits.max(axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(axis=-1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - shifted[places, targets])
    p /= total
    p[places, targets] -= 1
    p /= len(targets)
    return float(loss), p


def _mean(x: Array) -> Array:
    """Return the mean along the last axis, which stays, of length one."""
    mean: Array = x.mean(axis=-1, keepdims=True)
    return mean


def _sum_rows(x: Array) -> Array:
    """Sum (..., D) over all but the last axis."""
    total: Array = x.reshape(-1, x.shape[-1]).sum(axis=0)
    return total


def _turn(x: Array, cosine: Array, sine: Array) -> Array:
    """Turn each pair: (a, b) becomes (a cos - b sin, b cos + a sin)."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    y = np.empty_like(x)
    y[..., :half] = a * cosine - b * sine
    y[..., half:] = b * cosine + a * sine
    return y


def _hidden(repeats: int, time: int, dtype: Any) -> Array:
    """Return (repeats x T, T): -inf where a key comes after the query."""
    later = np.triu(np.full((time, time), -np.inf, dtype), k=1)
    return np.tile(later, (repeats, 1))
