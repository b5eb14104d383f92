"""The adapter as Hugging Face's PEFT reads it: two files in a folder.

They stand in a folder of their own: beside the merged model, transformers
would add the change a second time.
"""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from torch import Tensor

from octavo.finetuning.lora import SCALE
from octavo.foundation import UserError
from octavo.foundation.files import (
    replacing_folder,
    write_bytes,
    write_json,
)
from octavo.interop.architectures import LLAMA, QWEN3, architecture_of
from octavo.interop.names import place_of
from octavo.model import ModelConfig

ADAPTER = "adapter"
PREFIX = "base_model.model."  # PEFT's two wrappings around a model


def require_adapter(config: ModelConfig) -> None:
    """Raise UserError unless PEFT could put an adapter on such a model."""
    if architecture_of(config) not in (QWEN3, LLAMA):
        raise UserError(
            "LoRA is for models that are Qwen3 or Llama to Hugging Face; "
            "teach this one as a whole, without --lora"
        )


def write_adapter(
    folder: Path, thin: Mapping[str, Tensor], config: ModelConfig, base: str
) -> None:
    """Write an adapter from its thin matrices (`Adapter.tensors`)."""
    kind = architecture_of(config)
    tensors, owners = {}, set()
    for name, matrix in thin.items():
        which, _, parameter = name.partition(".")
        owner = place_of(kind, parameter).name.removesuffix(".weight")
        owners.add(owner.rpartition(".")[2])
        tensors[f"{PREFIX}{owner}.lora_{which}.weight"] = matrix
    rank = min(next(iter(thin.values())).shape)
    content = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": int(SCALE * rank),
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted(owners),
        "inference_mode": True,
    }
    data = safetensors.torch.save(tensors, metadata={"format": "pt"})
    with replacing_folder(folder) as new:
        write_json(new / "adapter_config.json", content)
        write_bytes(new / "adapter_model.safetensors", data)
