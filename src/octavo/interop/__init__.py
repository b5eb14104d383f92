"""Hugging Face model folders, in and out."""

from octavo.interop.folders import (
    load_model,
    load_weights,
    read_tensors,
    save_model,
    save_tokenizer,
    weights_as_bytes,
)

__all__ = [
    "load_model",
    "load_weights",
    "read_tensors",
    "save_model",
    "save_tokenizer",
    "weights_as_bytes",
]
