"""The architectures that Hugging Face knows and Octavo computes.

What each one fixes among our settings, and what it calls the rest. A model
that is none of them is written in Octavo's own way, under the model type
"octavo", which only Octavo reads.
"""

from dataclasses import dataclass, field, fields

from octavo.model import ModelConfig


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One of them: its names, and the settings that it always has."""

    name: str
    model_type: str  # in config.json
    class_name: str  # in transformers
    settings: dict[str, object]
    keys: dict[str, str]  # our settings, by the names of its keys
    defaults: dict[str, object]  # of keys that its config.json leaves out
    only: dict[str, tuple[object, ...]]  # what Octavo computes: the default
    harmless: tuple[str, ...]  # without influence on what is computed
    parameters: dict[str, str] = field(repr=False)  # our names to its


HARMLESS = (
    "_name_or_path",
    "architectures",
    "bos_token_id",
    "dtype",
    "eos_token_id",
    "initializer_range",
    "model_type",
    "pad_token_id",
    "torch_dtype",
    "transformers_version",
    "use_cache",
)
LLAMA = Architecture(
    name="Llama",
    model_type="llama",
    class_name="LlamaForCausalLM",
    settings={
        "norm": "rms",
        "positions": "rotary",
        "qk_norm": False,
        "mlp": "swiglu",
    },
    keys={
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
        "bias": "attention_bias",
    },
    defaults={
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "attention_bias": False,
    },
    only={
        "hidden_act": ("silu",),
        "pretraining_tp": (1,),
        "rope_scaling": (None,),
        "sliding_window": (None,),
    },
    harmless=(*HARMLESS, "attention_dropout"),
    parameters={
        "embedding": "model.embed_tokens",
        "blocks.#.attention_norm": "model.layers.#.input_layernorm",
        "blocks.#.attention.query": "model.layers.#.self_attn.q_proj",
        "blocks.#.attention.key": "model.layers.#.self_attn.k_proj",
        "blocks.#.attention.value": "model.layers.#.self_attn.v_proj",
        "blocks.#.attention.output": "model.layers.#.self_attn.o_proj",
        "blocks.#.mlp_norm": "model.layers.#.post_attention_layernorm",
        "blocks.#.mlp.gate": "model.layers.#.mlp.gate_proj",
        "blocks.#.mlp.up": "model.layers.#.mlp.up_proj",
        "blocks.#.mlp.down": "model.layers.#.mlp.down_proj",
        "norm": "model.norm",
        "head": "lm_head",
    },
)
QWEN3 = Architecture(
    name="Qwen3",
    model_type="qwen3",
    class_name="Qwen3ForCausalLM",
    settings={**LLAMA.settings, "qk_norm": True, "bias": False},
    keys={k: v for k, v in LLAMA.keys.items() if k != "bias"},
    defaults={**LLAMA.defaults, "head_dim": 128},
    only={
        "hidden_act": ("silu",),
        "attention_bias": (False,),
        "rope_scaling": (None,),
        "use_sliding_window": (False,),
    },
    harmless=(
        *HARMLESS,
        "attention_dropout",
        "max_window_layers",  # both say how, were there sliding windows
        "sliding_window",
    ),
    parameters={
        **LLAMA.parameters,
        "blocks.#.attention.query_norm": "model.layers.#.self_attn.q_norm",
        "blocks.#.attention.key_norm": "model.layers.#.self_attn.k_norm",
    },
)
GPT2 = Architecture(
    name="GPT-2",
    model_type="gpt2",
    class_name="GPT2LMHeadModel",
    settings={
        "norm": "layer",
        "positions": "learned",
        "qk_norm": False,
        "mlp": "gelu",
        "bias": True,
    },
    keys={
        "vocab_size": "vocab_size",
        "context": "n_positions",
        "num_layers": "n_layer",
        "width": "n_embd",
        "num_heads": "n_head",
        "mlp_width": "n_inner",
        "norm_epsilon": "layer_norm_epsilon",
        "tied_head": "tie_word_embeddings",
    },
    defaults={"layer_norm_epsilon": 1e-5, "tie_word_embeddings": True},
    only={
        "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
        "add_cross_attention": (False,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "scale_attn_weights": (True,),
    },
    harmless=(
        *HARMLESS,
        "attn_pdrop",
        "embd_pdrop",
        "n_ctx",  # n_positions again, in old files
        "reorder_and_upcast_attn",  # the same sums, in float32
        "resid_pdrop",
        "summary_activation",  # of a head that is not the language model's
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "task_specific_params",
    ),
    parameters={
        "embedding": "transformer.wte",
        "position_embedding": "transformer.wpe",
        "blocks.#.attention_norm": "transformer.h.#.ln_1",
        "blocks.#.attention.query": "transformer.h.#.attn.c_attn",
        "blocks.#.attention.key": "transformer.h.#.attn.c_attn",
        "blocks.#.attention.value": "transformer.h.#.attn.c_attn",
        "blocks.#.attention.output": "transformer.h.#.attn.c_proj",
        "blocks.#.mlp_norm": "transformer.h.#.ln_2",
        "blocks.#.mlp.up": "transformer.h.#.mlp.c_fc",
        "blocks.#.mlp.down": "transformer.h.#.mlp.c_proj",
        "norm": "transformer.ln_f",
        "head": "lm_head",
    },
)
FOREIGN = (QWEN3, LLAMA, GPT2)
OCTAVO = Architecture(  # every setting is free, and every name ours
    name="Octavo",
    model_type="octavo",
    class_name="OctavoTransformer",
    settings={},
    keys={setting.name: setting.name for setting in fields(ModelConfig)},
    defaults={},
    only={},
    harmless=("architectures", "dtype", "model_type"),
    parameters={},
)


def architecture_of(config: ModelConfig) -> Architecture:
    """Return the architecture that a model is written as."""
    fitting = [kind for kind in FOREIGN if not misfits(kind, config)]
    return fitting[0] if fitting else OCTAVO


def misfits(kind: Architecture, config: ModelConfig) -> list[str]:
    """Say, setting by setting, why a model is not of an architecture.

    >>> misfits(LLAMA, ModelConfig(vocab_size=10, positions="none"))
    ["positions is always 'rotary'", 'qk_norm is always False']
    """
    said = [
        f"{name} is always {value!r}"
        for name, value in kind.settings.items()
        if getattr(config, name) != value
    ]
    if kind is GPT2 and config.num_kv_heads != config.num_heads:
        said.append("num_kv_heads is always num_heads")
    if (
        kind is GPT2
        and config.num_heads * config.head_width != config.width
    ):
        said.append("head_width is always width / num_heads")
    if kind is LLAMA and config.width % config.num_heads:
        said.append("width is always a multiple of num_heads")
    return said


def why_own(config: ModelConfig) -> str:
    """Say why no architecture of Hugging Face's has a model, or ''."""
    kinds = [(misfits(kind, config), kind.name) for kind in FOREIGN]
    said, nearest = min(kinds, key=lambda pair: len(pair[0]))
    if not said:
        return ""
    return (
        "no Hugging Face architecture has this model: in the nearest, "
        f"{nearest}, {' and '.join(said)}"
    )
