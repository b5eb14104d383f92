"""Tiny models of transformers, with weights that show mistakes."""

import json
from pathlib import Path

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCAB, CONTEXT = 67, 32
ROTARY = {
    "vocab_size": VOCAB,
    "hidden_size": 40,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
}
GPT2 = {
    "vocab_size": VOCAB,
    "n_embd": 40,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": CONTEXT,
}
KINDS = {
    "qwen3": (
        Qwen3Config,
        Qwen3ForCausalLM,
        ROTARY | {"num_key_value_heads": 2, "head_dim": 10},
    ),
    "llama": (LlamaConfig, LlamaForCausalLM, ROTARY),
    "gpt2": (GPT2Config, GPT2LMHeadModel, GPT2),
}


def foreign_model(
    kind: str, scale: float = 1.0, spread: float = 0.9, **settings: object
) -> PreTrainedModel:
    """Return a random model, ready for inference.

    Norm weights lie within `spread` of one, biases are large, and the
    embeddings are scaled: small ones show the epsilon, large ones the GELU.
    """
    torch.manual_seed(2)
    config, model, sizes = KINDS[kind]
    made = model(config(**(sizes | {"initializer_range": 0.3} | settings)))
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith("bias"):
                parameter.normal_()
            elif "norm" in name or ".ln_" in name:
                parameter.uniform_(1 - spread, 1 + spread)
            elif "embed" in name or ".wte" in name or ".wpe" in name:
                parameter.mul_(scale)
    return made.eval()


def change_config(folder: Path, **changes: object) -> None:
    """Set keys of a config.json, or remove those that are "absent"."""
    path = folder / "config.json"
    content = json.loads(path.read_text("utf-8")) | changes
    content = {k: v for k, v in content.items() if v != "absent"}
    path.write_text(json.dumps(content), "utf-8")
