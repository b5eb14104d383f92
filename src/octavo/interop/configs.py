"""config.json: the shape of a model, in the words of its architecture."""

import re
from pathlib import Path
from typing import Any

from octavo.foundation import UserError, did_you_mean
from octavo.foundation.files import read_json
from octavo.interop.architectures import (
    FOREIGN,
    GPT2,
    LLAMA,
    OCTAVO,
    QWEN3,
    Architecture,
    architecture_of,
    misfits,
)
from octavo.model import ModelConfig

Content = dict[str, Any]

# Keys that are looked at one by one.
ROTARY = ("rope_theta", "rope_parameters", "layer_types", "mlp_bias")


def describe(config: ModelConfig) -> Content:
    """Return what config.json says of a model."""
    kind = architecture_of(config)
    content = {
        "architectures": [kind.class_name],
        "model_type": kind.model_type,
        **{key: getattr(config, ours) for ours, key in kind.keys.items()},
        "dtype": "float32",
    }
    if kind is OCTAVO:
        return content
    # Left unsaid, transformers would stop writing at ids of its own.
    content |= {"bos_token_id": None, "eos_token_id": None}
    for key, computed in kind.only.items():
        if computed[0] is not None:
            content[key] = computed[0]
    if kind is GPT2:
        content |= {"embd_pdrop": config.dropout, "attn_pdrop": 0.0}
        return content | {"resid_pdrop": config.dropout}
    if kind is LLAMA:
        content["mlp_bias"] = config.bias
    rope = {"rope_type": "default", "rope_theta": config.rope_base}
    content |= {"rope_theta": config.rope_base, "rope_parameters": rope}
    return content | {"attention_dropout": 0.0}


def read_config(path: Path) -> tuple[Architecture, ModelConfig]:
    """Read a config.json; refuse what would change the numbers.

    Raises UserError that names the file and the key. Dropout is a choice of
    training: a foreign model's is not read.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} is no JSON object")
    try:
        kind = _kind(content)
        return kind, _as_config(kind, content)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _as_config(kind: Architecture, content: Content) -> ModelConfig:
    """Return the config that a file's content spells out."""
    _check_keys(kind, content)
    values = {
        ours: _value(kind, content, key) for ours, key in kind.keys.items()
    }
    values |= kind.settings
    if kind is GPT2:
        values["num_kv_heads"] = values["num_heads"]
        values["head_width"] = _share(content, "n_embd", "n_head")
    elif kind is not OCTAVO:
        _check_layers(content)
        values["rope_base"] = _rope_base(content)
    try:
        config = ModelConfig.from_dict(values)
    except UserError as error:
        raise UserError(_in_words_of(kind, str(error))) from None
    if said := misfits(kind, config):
        text = f"in {kind.name}, {' and '.join(said)}"
        raise UserError(_in_words_of(kind, text))
    return config


def _kind(content: Content) -> Architecture:
    """Return the architecture that a config.json is of."""
    kinds = {kind.model_type: kind for kind in (*FOREIGN, OCTAVO)}
    wanted = content.get("model_type")
    if not isinstance(wanted, str) or wanted not in kinds:
        raise UserError(
            f"model_type is {wanted!r}; Octavo reads {', '.join(kinds)}"
        )
    return kinds[wanted]


def _check_keys(kind: Architecture, content: Content) -> None:
    """Refuse unknown keys, and known ones that change the arithmetic."""
    extra = ROTARY if kind in (LLAMA, QWEN3) else ()
    known = [*kind.keys.values(), *kind.only, *kind.harmless, *extra]
    for key in content:
        if key not in known:
            raise UserError(
                f"Octavo does not know the key {key!r}, which may change "
                f"the numbers{did_you_mean(key, known)}"
            )
    for key, computed in kind.only.items():
        if content.get(key, computed[0]) not in computed:
            raise UserError(
                f"{key} is {content[key]!r}; Octavo computes only "
                f"{' or '.join(map(repr, computed))}"
            )


def _value(kind: Architecture, content: Content, key: str) -> object:
    """Return a key's value, or what stands for it when it is left out."""
    if content.get(key) is not None:
        return content[key]
    if key in kind.defaults:
        return kind.defaults[key]
    if key == "num_key_value_heads":
        return _value(kind, content, "num_attention_heads")
    if key == "head_dim":
        return _share(content, "hidden_size", "num_attention_heads")
    if key == "n_inner":
        width = _value(kind, content, "n_embd")
        return 4 * width if isinstance(width, int) else width
    raise UserError(f'"{key}" is missing: the file is incomplete')


def _share(content: Content, whole: str, parts: str) -> int:
    """Divide one size by another; 0 when they are no sizes at all."""
    width, heads = content.get(whole), content.get(parts)
    if isinstance(width, int) and isinstance(heads, int) and heads > 0:
        return width // heads
    return 0


def _check_layers(content: Content) -> None:
    """Refuse layers that are not all alike, or have biases in part."""
    layers = content.get("layer_types")
    alike = isinstance(layers, list) and not any(
        layer != "full_attention" for layer in layers
    )
    if layers is not None and not alike:
        raise UserError(
            "layer_types holds more than 'full_attention', which is all "
            "that Octavo computes"
        )
    mlp_bias = content.get("mlp_bias", False)
    if mlp_bias is not content.get("attention_bias", False):
        raise UserError(
            f"mlp_bias is {mlp_bias!r}, unlike attention_bias; in Octavo "
            "all linear layers have biases, or none"
        )


def _rope_base(content: Content) -> object:
    """Return the rotary base, whose two spellings must agree."""
    parameters = content.get("rope_parameters") or {}
    if not isinstance(parameters, dict):
        raise UserError(f"rope_parameters is {parameters!r}, no object")
    plain = {"rope_type": "default", "partial_rotary_factor": 1.0}
    for key, value in parameters.items():
        if key != "rope_theta" and plain.get(key) != value:
            raise UserError(
                f"rope_parameters has {key} {value!r}, which Octavo does "
                "not compute"
            )
    spelled = (content.get("rope_theta"), parameters.get("rope_theta"))
    bases = [base for base in spelled if base is not None]
    if len(bases) == 2 and bases[0] != bases[1]:
        raise UserError(
            f"rope_theta is {bases[0]!r}, and {bases[1]!r} in "
            "rope_parameters: make them one"
        )
    return bases[0] if bases else 10_000.0


def _in_words_of(kind: Architecture, text: str) -> str:
    """Replace the names of our settings by those of config.json's keys."""
    words = kind.keys | {"rope_base": "rope_theta"}
    return re.sub(r"\w+", lambda word: words.get(word[0], word[0]), text)
