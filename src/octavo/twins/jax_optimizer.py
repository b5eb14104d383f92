"""AdamW in JAX: the NumPy one's formulas, compiled into one program."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from octavo.twins import numpy_optimizer

Arrays = dict[str, Array]


class AdamW(numpy_optimizer.AdamW):
    """`numpy_optimizer.AdamW`, whose step JAX computes.

    JAX's own arrays never change: what comes out is written into the
    arrays of `params`, in place, as the one in NumPy does.
    """

    def step(self, gradients: Mapping[str, Any], share: float = 1) -> None:
        """Move every parameter; `share` scales the learning rate."""
        self.steps += 1
        moved, self.first, self.second = update(
            self.params,
            {name: gradients[name] for name in self.params},
            self.first,
            self.second,
            self.steps,
            self.learning_rate * share,
            self.betas,
            self.epsilon,
            self.weight_decay,
        )
        for name, x in self.params.items():
            x[...] = moved[name]


@partial(jax.jit, static_argnames=("betas", "epsilon", "weight_decay"))
def update(
    params: Arrays,
    gradients: Arrays,
    first: Arrays,
    second: Arrays,
    steps: Array,
    rate: Array,
    betas: tuple[float, float],
    epsilon: float,
    weight_decay: float,
) -> tuple[Arrays, Arrays, Arrays]:
    """Return the new parameters and both new means, by name."""
    beta1, beta2 = betas
    reach1, reach2 = 1 - beta1**steps, 1 - beta2**steps
    first = {
        name: m + (1 - beta1) * (gradients[name] - m)
        for name, m in first.items()
    }
    second = {
        name: v + (1 - beta2) * (gradients[name] ** 2 - v)
        for name, v in second.items()
    }

    def move(x: Array, m: Array, v: Array) -> Array:
        size = jnp.sqrt(v / reach2) + epsilon
        return x * (1 - rate * weight_decay) - rate / reach1 * m / size

    return jax.tree.map(move, params, first, second), first, second
