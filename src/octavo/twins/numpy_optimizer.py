"""AdamW in NumPy, and a training step: what learning comes down to.

The gradient says which way is down. How far to go, Adam finds for every
number by itself, from the gradients that this number has had before.
"""

from collections.abc import Mapping

import numpy as np

from octavo.model import ModelConfig
from octavo.twins.numpy_layers import Array, Ids
from octavo.twins.numpy_model import loss_and_gradients


class AdamW:
    """Adam (Kingma and Ba 2015), decay apart (Loshchilov, Hutter 2019).

    Changes the arrays of `params` in place. `first` and `second` are the
    running means of each gradient and of its square; `steps` counts.
    """

    def __init__(
        self,
        params: Mapping[str, Array],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.95),
        epsilon: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        self.params = params
        self.learning_rate, self.betas = learning_rate, betas
        self.epsilon, self.weight_decay = epsilon, weight_decay
        self.first = {name: 0 * x for name, x in params.items()}
        self.second = {name: 0 * x for name, x in params.items()}
        self.steps = 0

    def step(
        self, gradients: Mapping[str, Array], share: float = 1
    ) -> None:
        """Move every parameter; `share` scales the learning rate.

        Both means begin at zero and are too small at first: after t steps
        they hold 1 - beta^t of all weights, and are divided by that.
        """
        self.steps += 1
        rate = self.learning_rate * share
        beta1, beta2 = self.betas
        reach1, reach2 = 1 - beta1**self.steps, 1 - beta2**self.steps
        for name, x in self.params.items():
            g, m, v = gradients[name], self.first[name], self.second[name]
            m += (1 - beta1) * (g - m)
            v += (1 - beta2) * (g * g - v)
            size = np.sqrt(v / reach2) + self.epsilon
            kept = (1 - rate * self.weight_decay) * x
            x[...] = kept - rate / reach1 * m / size


def train_step(
    config: ModelConfig, optimizer: AdamW, ids: Ids, targets: Ids
) -> float:
    """Learn from ids and targets, (B, T) each; return the loss before."""
    loss, gradients = loss_and_gradients(
        optimizer.params, config, ids, targets
    )
    optimizer.step(gradients)
    return loss
