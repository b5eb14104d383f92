"""Our numbers against those of transformers, both ways."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM, GPT2Model, LlamaModel

from octavo.interop import load_model, save_model
from octavo.model import ModelConfig, Transformer

from .conftest import CONTEXT, VOCAB, foreign_model

ROPE = {"rope_type": "default", "rope_theta": 777.0}
SHAPES = [
    ("qwen3", {"num_key_value_heads": 4, "head_dim": 10}),
    ("qwen3", {"num_key_value_heads": 2, "head_dim": 14,
               "rope_parameters": ROPE, "tie_word_embeddings": True}),
    ("qwen3", {"num_key_value_heads": 1, "head_dim": 24,
               "rms_norm_eps": 1e-2, "hidden_size": 41}),
    ("llama", {}),
    ("llama", {"num_key_value_heads": 2, "head_dim": 14,
               "rope_parameters": ROPE, "tie_word_embeddings": True}),
    ("llama", {"num_key_value_heads": 1, "num_hidden_layers": 1,
               "rms_norm_eps": 1e-2}),
    ("llama", {"attention_bias": True, "mlp_bias": True}),
    ("gpt2", {}),
    ("gpt2", {"n_inner": 33, "tie_word_embeddings": False,
              "activation_function": "gelu_pytorch_tanh"}),
    ("gpt2", {"n_head": 1, "n_embd": 21, "layer_norm_epsilon": 1e-2}),
    ("gpt2", {"n_head": 20, "n_layer": 1, "reorder_and_upcast_attn": True}),
]  # fmt: skip


def difference(ours, theirs, ids) -> float:
    """The largest one between logits, relative to the largest logit."""
    with torch.no_grad():
        expected = theirs(ids).logits
        return float(
            (ours(ids) - expected).abs().max() / expected.abs().max()
        )


@pytest.mark.parametrize("spread", [0.1, 0.9])
@pytest.mark.parametrize("scale", [0.003, 1.0, 20.0])
@pytest.mark.parametrize(("kind", "settings"), SHAPES)
def test_a_foreign_model_gives_the_same_numbers_here(
    kind, settings, scale, spread, tmp_path
):
    theirs = foreign_model(kind, scale, spread, **settings)
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path)
    for length in (1, 7, CONTEXT):
        ids = torch.randint(VOCAB, (2, length))
        assert difference(ours, theirs, ids) < 1e-5
    with torch.no_grad():
        expected = theirs(ids, labels=ids).loss
        logits = ours(ids)[:, :-1].flatten(0, 1)
        loss = functional.cross_entropy(logits, ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("kind", ["qwen3", "llama", "gpt2"])
def test_the_comparison_sees_a_wrong_epsilon(kind, tmp_path):
    theirs = foreign_model(kind, scale=0.003)
    theirs.save_pretrained(tmp_path)
    right = load_model(tmp_path)
    epsilon = 2 * right.config.norm_epsilon
    wrong = Transformer(replace(right.config, norm_epsilon=epsilon)).eval()
    wrong.load_state_dict(right.state_dict())
    ids = torch.randint(VOCAB, (2, 9))
    assert difference(wrong, theirs, ids) > 1e-4


def test_the_comparison_sees_the_exact_gelu(tmp_path, monkeypatch):
    theirs = foreign_model("gpt2")
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path)
    gelu = functional.gelu
    monkeypatch.setattr(functional, "gelu", lambda x, **_: gelu(x))
    ids = torch.randint(VOCAB, (2, 9))
    assert difference(ours, theirs, ids) > 1e-5


QWEN3 = ModelConfig(
    vocab_size=VOCAB, context=CONTEXT, num_layers=2, width=40, num_heads=4,
    num_kv_heads=2, head_width=14, mlp_width=56, rope_base=500.0,
)  # fmt: skip
GPT2 = replace(
    QWEN3, num_kv_heads=4, head_width=10, qk_norm=False, norm="layer",
    norm_epsilon=1e-5, positions="learned", mlp="gelu", bias=True,
    rope_base=10_000.0,
)  # fmt: skip
OURS = {
    "qwen3": QWEN3,
    "qwen3, odd": replace(QWEN3, width=39, num_heads=6, norm_epsilon=0.1),
    "llama": replace(QWEN3, qk_norm=False),
    "llama, biases": replace(QWEN3, qk_norm=False, bias=True),
    "gpt2": GPT2,
    "gpt2, wide": replace(GPT2, mlp_width=171, norm_epsilon=0.1),
}


@pytest.mark.parametrize("tied_head", [True, False])
@pytest.mark.parametrize("name", OURS)
def test_our_model_gives_the_same_numbers_there(name, tied_head, tmp_path):
    torch.manual_seed(4)
    config = replace(OURS[name], tied_head=tied_head)
    ours = Transformer(config).eval()
    for parameter in ours.parameters():
        parameter.data.add_(torch.randn_like(parameter), alpha=0.2)
    save_model(ours, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert theirs.config.model_type == name.split(",")[0]
    ids = torch.randint(VOCAB, (2, CONTEXT - 1))
    assert difference(ours, theirs, ids) < 1e-5
    assert theirs.config.eos_token_id is None  # writes on at any id
    assert theirs.config.bos_token_id is None
    again = load_model(tmp_path)
    assert again.config == config
    assert torch.equal(again(ids), ours(ids))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["qwen3", "llama", "gpt2"])
def test_half_the_bits_are_read_as_float32(kind, dtype, tmp_path):
    foreign_model(kind).to(dtype).save_pretrained(tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(
        tmp_path, dtype=torch.float32
    )
    ours = load_model(tmp_path)
    assert {p.dtype for p in ours.parameters()} == {torch.float32}
    ids = torch.randint(VOCAB, (2, 9))
    assert difference(ours, theirs, ids) < 1e-5


@pytest.mark.parametrize("kind", ["qwen3", "llama", "gpt2"])
def test_a_model_in_several_files_is_one(kind, tmp_path):
    theirs = foreign_model(kind)
    theirs.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    ids = torch.randint(VOCAB, (2, 9))
    assert difference(load_model(tmp_path), theirs, ids) < 1e-5


@pytest.mark.parametrize(
    ("kind", "body"), [("gpt2", GPT2Model), ("llama", LlamaModel)]
)
def test_a_model_saved_without_its_head_is_read(kind, body, tmp_path):
    theirs = foreign_model(kind, tie_word_embeddings=True)
    theirs.base_model.save_pretrained(tmp_path)
    assert isinstance(theirs.base_model, body)
    ids = torch.randint(VOCAB, (2, 9))
    assert difference(load_model(tmp_path), theirs, ids) < 1e-5
