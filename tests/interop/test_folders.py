"""Model folders against Hugging Face's own reading of them."""

import json
import struct

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from octavo.foundation import UserError
from octavo.interop import load_model, save_model
from octavo.model import ModelConfig, Transformer

SHAPES = [
    {"num_key_value_heads": 4, "head_dim": 16, "tie_word_embeddings": True},
    {
        "num_key_value_heads": 2,
        "head_dim": 10,
        "tie_word_embeddings": False,
    },
    {"num_key_value_heads": 1, "head_dim": 24, "rms_norm_eps": 1e-2},
]


def foreign_model(kind: str, shape: dict[str, object]):
    torch.manual_seed(2)
    config, model = {
        "qwen3": (Qwen3Config, Qwen3ForCausalLM),
        "llama": (LlamaConfig, LlamaForCausalLM),
    }[kind]
    made = model(config(
        vocab_size=67, hidden_size=40, intermediate_size=56,
        num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=32, initializer_range=0.3,
        rope_parameters={"rope_type": "default", "rope_theta": 777.0},
        **shape,
    ))  # fmt: skip
    with torch.no_grad():  # norms away from one, so that a wrong one shows
        for name, parameter in made.named_parameters():
            if "norm" in name:
                parameter.copy_(torch.rand_like(parameter) * 2 + 0.1)
    return made.eval()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_a_foreign_model_gives_the_same_logits_here(kind, shape, tmp_path):
    theirs = foreign_model(kind, shape)
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path)
    ids = torch.randint(67, (2, 31))
    with torch.no_grad():
        expected = theirs(ids).logits
        error = (ours(ids) - expected).abs().max() / expected.abs().max()
    assert error < 1e-5


@pytest.mark.parametrize("tied_head", [True, False])
@pytest.mark.parametrize("qk_norm", [True, False])
def test_our_model_gives_the_same_logits_there(
    tied_head, qk_norm, tmp_path
):
    torch.manual_seed(4)
    config = ModelConfig(
        vocab_size=67, context=32, num_layers=2, width=40, num_heads=4,
        num_kv_heads=2, head_width=14, mlp_width=56, rope_base=500.0,
        tied_head=tied_head, qk_norm=qk_norm,
    )  # fmt: skip
    ours = Transformer(config).eval()
    save_model(ours, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path)
    ids = torch.randint(67, (2, 31))
    with torch.no_grad():
        torch.testing.assert_close(
            theirs(ids).logits, ours(ids), atol=1e-5, rtol=1e-5
        )
    again = load_model(tmp_path)
    assert again.config == config
    assert torch.equal(again(ids), ours(ids))


@pytest.fixture
def folder(tmp_path):
    config = ModelConfig(vocab_size=30, context=8, num_layers=1, width=64)
    save_model(Transformer(config), tmp_path)
    return tmp_path


def change_config(folder, **changes) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text("utf-8")) | changes
    content = {k: v for k, v in content.items() if v != "absent"}
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "mamba"}, 'model_type is "mamba"'),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'; Octavo computes"),
        ({"use_sliding_window": True}, "use_sliding_window is True"),
        ({"rope_scaling": {"factor": 2}}, "rope_scaling"),
        ({"rope_theta": 3.0}, "rope_theta must be one number"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "rope_type is 'yarn'"),
        ({"hidden_sise": 3}, '"hidden_sise"; did you mean "hidden_size"'),
        ({"hidden_size": "absent"}, 'has no "hidden_size"'),
        ({"hidden_size": -5}, "width is -5"),
        ({"hidden_size": 32}, r"\[30, 64\], and config.json .*\[30, 32\]"),
        ({"num_hidden_layers": 2}, 'lacks the tensor "model.layers.1.'),
        ({"model_type": "llama"}, r"no place for|leaves no"),
    ],
)
def test_a_config_that_changes_the_numbers_is_refused(
    folder, changes, message
):
    change_config(folder, **changes)
    with pytest.raises(UserError, match=message) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)


def test_truncated_and_hostile_weights_are_named(folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    hostile = [
        content[:-1],
        content[:5],
        b"",
        struct.pack("<Q", 1 << 62) + content[8:],
        content[:8] + b"[" * (len(content) - 8),
    ]
    for damaged in hostile:
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"model\.safetensors is dam"):
            load_model(folder)
    path.unlink()
    with pytest.raises(UserError, match="the folder is incomplete"):
        load_model(folder)


def test_what_is_no_model_folder_says_so(tmp_path):
    with pytest.raises(UserError, match="no folder with a model"):
        load_model(tmp_path / "absent")
    with pytest.raises(UserError, match=r"config\.json does not exist"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(UserError, match="no JSON object"):
        load_model(tmp_path)
