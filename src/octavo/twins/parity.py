"""The twins' contract: the same weights give the same numbers.

For a list of shapes that between them use every part, this draws a model,
gives its weights to a twin, and compares logits, loss and every gradient
with those of PyTorch and its autograd.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from octavo.model import ModelConfig, Transformer
from octavo.twins.loading import load_twin, weights_of
from octavo.twins.numpy_layers import Array, Ids
from octavo.twins.numpy_model import angles, sinusoids

# What differences stay below, relative to the largest number: rounding,
# which the order of additions decides, and no more.
BOUNDS = {"float64": 1e-12, "float32": 1e-5}
BATCH, TIME, CONTEXT = 3, 11, 13  # odd sizes, and less than the context

SMALL: dict[str, Any] = {
    "vocab_size": 61,
    "context": CONTEXT,
    "num_layers": 2,
    "width": 24,
    "num_heads": 4,
    "num_kv_heads": 4,
    "head_width": 6,
    "mlp_width": 40,
}
QWEN3: dict[str, Any] = {"num_kv_heads": 2, "head_width": 10}
LLAMA = {"num_kv_heads": 1, "qk_norm": False, "tied_head": False}
GPT2: dict[str, Any] = {
    "norm": "layer",
    "norm_epsilon": 1e-5,
    "positions": "learned",
    "qk_norm": False,
    "mlp": "gelu",
    "bias": True,
}
WAVES = {"norm": "layer", "positions": "sinusoidal", "tied_head": False}
NONE = {"positions": "none", "bias": True, "head_width": 5}
SHAPES = {
    name: ModelConfig(**(SMALL | changes))
    for name, changes in {
        "Qwen3": QWEN3,
        "Qwen3, free head": {"tied_head": False, "rope_base": 1e6},
        "Llama": LLAMA,
        "Llama, tied head": LLAMA | {"num_layers": 3, "tied_head": True},
        "GPT-2": GPT2,
        "GPT-2, free head": GPT2 | {"tied_head": False},
        "sinusoidal": WAVES,
        "no positions": NONE,
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far a twin is from PyTorch, each relative to the largest.

    `gradients` is the worst over all parameters, each compared with its
    own largest gradient (or, where its gradients vanish, as those of a
    bias on keys do, with a hundredth of the model's largest).
    """

    logits: float
    loss: float
    gradients: float
    worst: str  # the parameter whose gradients differ most

    @property
    def largest(self) -> float:
        """The largest of the three."""
        return max(self.logits, self.loss, self.gradients)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What is compared."""

    logits: Array
    loss: float
    gradients: Mapping[str, Array]


def compare(twin: str, config: ModelConfig, dtype: str) -> Difference:
    """Return how far a twin's numbers are from PyTorch's.

    `dtype` is "float64", which proves formulas, or "float32", which is
    what training computes in.
    """
    model = random_model(config, dtype)
    random = np.random.default_rng(1)
    ids = random.integers(config.vocab_size, size=(BATCH, TIME + 1))
    inputs, targets = ids[:, :-1], ids[:, 1:]
    theirs = torch_numbers(model, inputs, targets)
    with allow(twin, dtype):
        ours = twin_numbers(load_twin(twin), model, inputs, targets)
    gradients, worst = _worst(ours.gradients, theirs.gradients)
    return Difference(
        logits=_relative(ours.logits, theirs.logits),
        loss=abs(ours.loss - theirs.loss) / theirs.loss,
        gradients=gradients,
        worst=worst,
    )


def allow(twin: str, dtype: str) -> AbstractContextManager[None]:
    """Let JAX compute in double precision, which it refuses by default."""
    if (twin, dtype) != ("jax", "float64"):
        return nullcontext()
    double: AbstractContextManager[None] = import_module("jax").enable_x64()
    return double


def random_model(config: ModelConfig, dtype: str) -> Transformer:
    """Draw a model whose every parameter matters.

    Norms and biases leave their first values, ones and zeros, which would
    hide a twin that forgets them. In double precision the model's fixed
    tables, which it computes in single, are computed anew.
    """
    torch.manual_seed(0)
    model = Transformer(config).to(getattr(torch, dtype))
    with torch.no_grad():
        for parameter in model.parameters():
            deviation = 0.4 if parameter.dim() == 1 else 0.1
            parameter.add_(torch.randn_like(parameter), alpha=deviation)
    if dtype == "float64":
        _double_tables(model)
    return model


def _double_tables(model: Transformer) -> None:
    """Give a model's fixed position tables all digits of a double."""
    config = model.config
    if model.rotary:
        turns = angles(CONTEXT, config.head_width, config.rope_base)
        model.rotary.cosine = torch.from_numpy(np.cos(turns))
        model.rotary.sine = torch.from_numpy(np.sin(turns))
    if config.positions == "sinusoidal" and model.position_embedding:
        waves = sinusoids(CONTEXT, config.width)
        model.position_embedding.weight = torch.from_numpy(waves)


def torch_numbers(model: Transformer, ids: Ids, targets: Ids) -> Numbers:
    """Return PyTorch's numbers for ids and targets, (B, T) each."""
    logits = model(torch.from_numpy(ids))
    loss = functional.cross_entropy(
        logits.flatten(0, 1), torch.from_numpy(targets).flatten()
    )
    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(loss, parameters)
    return Numbers(
        logits=logits.detach().numpy(),
        loss=loss.item(),
        gradients={
            name: gradient.numpy()
            for name, gradient in zip(names, gradients, strict=True)
        },
    )


def twin_numbers(
    twin: ModuleType, model: Transformer, ids: Ids, targets: Ids
) -> Numbers:
    """Return a twin's numbers for the model's weights."""
    params, config = weights_of(model), model.config
    logits = twin.forward(params, config, ids)
    loss, gradients = twin.loss_and_gradients(params, config, ids, targets)
    return Numbers(
        logits=np.asarray(logits),
        loss=float(loss),
        gradients={k: np.asarray(v) for k, v in gradients.items()},
    )


def _worst(
    ours: Mapping[str, Array], theirs: Mapping[str, Array]
) -> tuple[float, str]:
    """Return the largest relative difference, and its parameter."""
    floor = 0.01 * max(_size(gradient) for gradient in theirs.values())
    return max(
        (_relative(ours[name], gradient, floor), name)
        for name, gradient in theirs.items()
    )


def _relative(ours: Array, theirs: Array, floor: float = 0.0) -> float:
    """Return the largest difference over the largest number."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    return _size(ours - theirs) / max(_size(theirs), floor)


def _size(x: Array) -> float:
    """Return the largest absolute value."""
    return float(np.abs(x).max())
