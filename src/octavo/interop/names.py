"""What Hugging Face calls our parameters and our config's keys."""

from octavo.foundation import UserError, check_known
from octavo.model import ModelConfig

OUTER = {
    "embedding": "model.embed_tokens",
    "norm": "model.norm",
    "head": "lm_head",
}
IN_BLOCK = {
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "mlp_norm": "post_attention_layernorm",
    "mlp.gate": "mlp.gate_proj",
    "mlp.up": "mlp.up_proj",
    "mlp.down": "mlp.down_proj",
}
CONFIG_KEYS = {
    "vocab_size": "vocab_size",
    "context": "max_position_embeddings",
    "num_layers": "num_hidden_layers",
    "width": "hidden_size",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "head_width": "head_dim",
    "mlp_width": "intermediate_size",
    "norm_epsilon": "rms_norm_eps",
    "tied_head": "tie_word_embeddings",
}
# What transformers assumes where config.json leaves a key out.
DEFAULTS: dict[str, object] = {
    "tie_word_embeddings": False,
    "rms_norm_eps": 1e-6,
}
# Arithmetic that Octavo does one way only: any other value is refused.
FIXED: dict[str, tuple[object, ...]] = {
    "hidden_act": ("silu",),
    "attention_bias": (False,),
    "mlp_bias": (False,),
    "use_sliding_window": (False,),
    "sliding_window": (None,),
    "rope_scaling": (None,),
    "pretraining_tp": (1,),
}
# Keys without influence on the numbers that inference computes.
HARMLESS = (
    "architectures",
    "attention_dropout",
    "bos_token_id",
    "dtype",
    "eos_token_id",
    "initializer_range",
    "layer_types",
    "max_window_layers",
    "model_type",
    "pad_token_id",
    "torch_dtype",
    "transformers_version",
    "use_cache",
)


def foreign_name(name: str) -> str:
    """Return the Hugging Face name of one of our parameters.

    >>> foreign_name("blocks.3.mlp.gate.weight")
    'model.layers.3.mlp.gate_proj.weight'
    """
    if not name.startswith("blocks."):
        part, _, kind = name.rpartition(".")
        return f"{OUTER[part]}.{kind}"
    _, layer, rest = name.split(".", 2)
    part, _, kind = rest.rpartition(".")
    return f"model.layers.{layer}.{IN_BLOCK[part]}.{kind}"


def to_foreign_config(config: ModelConfig) -> dict[str, object]:
    """Return what config.json says of a model: Qwen3, or Llama's shape."""
    kind = "Qwen3" if config.qk_norm else "Llama"
    return {
        "architectures": [f"{kind}ForCausalLM"],
        "model_type": kind.lower(),
        **{
            theirs: getattr(config, ours)
            for ours, theirs in CONFIG_KEYS.items()
        },
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "rope_theta": config.rope_base,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": config.rope_base,
        },
        "dtype": "float32",
    }


def from_foreign_config(
    content: dict[str, object], where: object
) -> ModelConfig:
    """Read a config.json; refuse what would change the numbers.

    Raises UserError that names `where` and the key.
    """
    kind = content.get("model_type")
    if kind not in ("qwen3", "llama"):
        raise UserError(
            f'{where}: model_type is "{kind}"; Octavo reads "qwen3" and '
            '"llama"'
        )
    special = ("rope_theta", "rope_parameters")
    known = [*CONFIG_KEYS.values(), *FIXED, *HARMLESS, *special]
    check_known(f"key in {where}", content, known)
    for key, allowed in FIXED.items():
        if content.get(key, allowed[0]) not in allowed:
            raise UserError(
                f"{where}: {key} is {content[key]!r}; Octavo computes "
                f"only {allowed[0]!r}"
            )
    values = {
        ours: _value(content, theirs, where)
        for ours, theirs in CONFIG_KEYS.items()
    }
    return ModelConfig.from_dict(
        values
        | {
            "qk_norm": kind == "qwen3",
            "rope_base": _rope_base(content, where),
        }
    )


def _value(content: dict[str, object], key: str, where: object) -> object:
    """Return a key's value, or what stands for it when it is left out."""
    if content.get(key) is not None:
        return content[key]
    if key in DEFAULTS:
        return DEFAULTS[key]
    if key == "num_key_value_heads":
        return _value(content, "num_attention_heads", where)
    if key == "head_dim" and content.get("model_type") == "llama":
        width = _value(content, "hidden_size", where)
        heads = _value(content, "num_attention_heads", where)
        if isinstance(width, int) and isinstance(heads, int) and heads:
            return width // heads
    if key == "head_dim":
        return 128
    raise UserError(f'{where} has no "{key}": the file is incomplete')


def _rope_base(content: dict[str, object], where: object) -> float:
    """Return the rotary base, which has two spellings that must agree."""
    parameters = content.get("rope_parameters") or {}
    if not isinstance(parameters, dict):
        raise UserError(f"{where}: rope_parameters must be an object")
    if parameters.get("rope_type", "default") != "default":
        raise UserError(
            f"{where}: rope_type is {parameters['rope_type']!r}, which "
            "Octavo does not compute"
        )
    bases = {
        base
        for base in (
            content.get("rope_theta"),
            parameters.get("rope_theta"),
        )
        if base is not None
    } or {10_000.0}
    base = bases.pop()
    if bases or not isinstance(base, int | float) or base <= 0:
        raise UserError(
            f"{where}: rope_theta must be one number above zero, and the "
            "same in rope_parameters"
        )
    return float(base)
