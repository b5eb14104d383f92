"""Hugging Face model folders, in and out.

Read in this order: architectures, configs, names, weights, folders.
"""

from octavo.interop.architectures import why_own
from octavo.interop.configs import describe
from octavo.interop.folders import (
    load_model,
    save_generation_config,
    save_model,
    save_tokenizer,
)
from octavo.interop.weights import (
    load_weights,
    read_tensors,
    weights_as_bytes,
)

__all__ = [
    "describe",
    "load_model",
    "load_weights",
    "read_tensors",
    "save_generation_config",
    "save_model",
    "save_tokenizer",
    "weights_as_bytes",
    "why_own",
]
