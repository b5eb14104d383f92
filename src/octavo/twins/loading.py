"""Finding a twin by its name, and giving it a model's weights."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from octavo.foundation import UserError, check_known
from octavo.model import Transformer
from octavo.twins.numpy_layers import Array

TWINS = ("numpy", "jax")


def load_twin(name: str) -> Any:
    """Import a twin's model; UserError if it is unknown or needs JAX."""
    return _load(name, "model")


def load_optimizer(name: str) -> Any:
    """Return a twin's AdamW; UserError if it is unknown or needs JAX."""
    return _load(name, "optimizer").AdamW


def weights_of(model: Transformer) -> dict[str, Array]:
    """Return a model's parameters as arrays that share their memory."""
    return {
        name: parameter.detach().numpy()
        for name, parameter in model.named_parameters()
    }


def _load(name: str, part: str) -> Any:
    """Import a twin's module."""
    check_known("twin", [name], TWINS)
    if name == "jax" and find_spec("jax") is None:
        raise UserError("JAX is not installed: pip install jax")
    return import_module(f"octavo.twins.{name}_{part}")
