"""What is read, what is refused, and how a refusal is said."""

import json
import struct
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from octavo.foundation import UserError
from octavo.interop import load_model, save_model
from octavo.model import ModelConfig, Transformer

from .conftest import change_config, foreign_model

QWEN3 = ModelConfig(
    vocab_size=30, context=8, num_layers=1, width=64, num_heads=2,
    num_kv_heads=1, head_width=32, mlp_width=24,
)  # fmt: skip
CONFIGS = {
    "qwen3": QWEN3,
    "llama": replace(QWEN3, qk_norm=False),
    "gpt2": replace(
        QWEN3, num_kv_heads=2, qk_norm=False, norm="layer",
        positions="learned", mlp="gelu", bias=True,
    ),
    "octavo": replace(QWEN3, positions="none", norm="layer"),
}  # fmt: skip
WEIGHTS = "model.safetensors"


@pytest.fixture(params=["qwen3", "llama", "gpt2", "octavo"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def folder(kind, tmp_path) -> Path:
    torch.manual_seed(0)
    save_model(Transformer(CONFIGS[kind]), tmp_path, allow_own=True)
    return tmp_path


def refusal(folder: Path) -> str:
    """Return the one line that a folder is refused with."""
    with pytest.raises(UserError) as caught:
        load_model(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(folder))
    return message.replace(str(folder), "").lstrip("/")


REFUSED = [
    ("qwen3", {"model_type": "mamba"}, "model_type is 'mamba'"),
    ("qwen3", {"model_type": "absent"}, "model_type is None"),
    ("qwen3", {"model_type": ["gpt2"]}, "model_type is ['gpt2']"),
    ("qwen3", {"model_type": "llama"}, "the key 'use_sliding_window'"),
    ("qwen3", {"hidden_act": "gelu"}, "hidden_act is 'gelu'; Octavo comp"),
    ("qwen3", {"use_sliding_window": True}, "use_sliding_window is True"),
    ("llama", {"sliding_window": 4096}, "sliding_window is 4096"),
    ("qwen3", {"layer_types": ["sliding_attention"]}, "layer_types holds"),
    ("qwen3", {"rope_scaling": {"factor": 2}}, "rope_scaling is {'factor'"),
    ("qwen3", {"rope_theta": 3.0}, "rope_theta is 3.0, and 10000.0 in"),
    ("llama", {"rope_parameters": {"rope_type": "yarn"}},
     "rope_parameters has rope_type 'yarn'"),
    ("llama", {"rope_parameters": {"rope_type": "default", "factor": 8}},
     "rope_parameters has factor 8"),
    ("llama", {"rope_parameters": 3}, "rope_parameters is 3"),
    ("llama", {"rope_parameters": None, "rope_theta": "10"},
     "rope_theta is '10'; it must be a number above zero"),
    ("llama", {"pretraining_tp": 2}, "pretraining_tp is 2"),
    ("llama", {"partial_rotary_factor": 0.5}, "'partial_rotary_factor'"),
    ("llama", {"attention_bias": True}, "mlp_bias is False, unlike"),
    ("llama", {"mlp_bias": True}, "mlp_bias is True, unlike"),
    ("qwen3", {"attention_bias": True}, "attention_bias is True"),
    ("qwen3", {"hidden_sise": 3}, 'did you mean "hidden_size"'),
    ("qwen3", {"a\nb": 3}, r"the key 'a\nb'"),
    ("qwen3", {"hidden_size": "absent"}, '"hidden_size" is missing'),
    ("qwen3", {"hidden_size": -5}, "hidden_size is -5; it must be a whole"),
    ("qwen3", {"hidden_size": "64"}, "hidden_size is '64'"),
    ("qwen3", {"hidden_size": 64.0}, "hidden_size is 64.0"),
    ("qwen3", {"vocab_size": 10**400}, "vocab_size is 1000"),
    ("qwen3", {"max_position_embeddings": 10**12},
     "max_position_embeddings is 1000000000000; it must be"),
    ("qwen3", {"rms_norm_eps": float("nan")}, "rms_norm_eps is nan"),
    ("qwen3", {"tie_word_embeddings": "yes"}, "embeddings is 'yes'"),
    ("qwen3", {"head_dim": 7}, "head_dim is 7"),
    ("qwen3", {"num_key_value_heads": 3}, "make num_attention_heads a"),
    ("llama", {"num_attention_heads": 3, "num_key_value_heads": 3},
     "in Llama, hidden_size is always a multiple of num_attention_heads"),
    ("gpt2", {"activation_function": "gelu"}, "function is 'gelu'"),
    ("gpt2", {"scale_attn_weights": False}, "scale_attn_weights is False"),
    ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "idx is True"),
    ("gpt2", {"add_cross_attention": True}, "add_cross_attention is True"),
    ("gpt2", {"n_head": 3}, "in GPT-2, head_width is always n_embd / n_h"),
    ("gpt2", {"n_embd": "absent"}, '"n_embd" is missing'),
    ("octavo", {"positions": "rotery"}, 'did you mean "rotary"'),
    ("octavo", {"mlp": "absent"}, '"mlp" is missing'),
    ("octavo", {"qk_norm": 1}, "qk_norm is 1; it must be true or false"),
]  # fmt: skip


def test_loading_draws_no_random_numbers(tmp_path):
    """Who seeds torch and loads a model gets the numbers of the seed."""
    save_model(Transformer(QWEN3), tmp_path)
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    load_model(tmp_path)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("kind", "changes", "said"), REFUSED, indirect=["kind"]
)
def test_a_config_that_changes_the_numbers_is_refused(
    folder, changes, said
):
    change_config(folder, **changes)
    message = refusal(folder)
    assert message.startswith("config.json: ")
    assert said in message


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("qwen3", {"hidden_size": 32},
         '"model.embed_tokens.weight" is [30, 64], and config.json makes'),
        ("gpt2", {"n_embd": 32, "n_inner": 24},
         '"transformer.wte.weight" is [30, 64], and config.json makes it'),
        ("gpt2", {"n_inner": None},
         'transformer.h.0.mlp.c_fc.weight" is [64, 24], and config.json'),
        ("gpt2", {"n_inner": 25}, "config.json makes it [64, 25]"),
        ("gpt2", {"n_positions": 9},
         'wpe.weight" is [8, 64], and config.json makes it [9, 64]'),
        ("qwen3", {"num_hidden_layers": 2},
         'lacks the tensor "model.layers.1.mlp.down_proj.weight"'),
        ("qwen3", {"num_hidden_layers": 2**20},
         'lacks the tensor "model.layers.1048575.mlp.down_proj.weight"'),
        ("qwen3", {"intermediate_size": 2**20, "vocab_size": 2**20},
         "is [30, 64], and config.json makes it [1048576, 64]"),
        ("llama", {"attention_bias": True, "mlp_bias": True},
         'lacks the tensor "model.layers.0.self_attn.q_proj.bias"'),
        ("llama", {"tie_word_embeddings": False},
         'lacks the tensor "lm_head.weight"'),
        ("octavo", {"positions": "learned"},
         'lacks the tensor "position_embedding.weight"'),
        ("octavo", {"qk_norm": False},
         "has a tensor 'blocks.0.attention.key_norm.weight'"),
    ],
    indirect=["kind"],
)  # fmt: skip
def test_tensors_that_do_not_fit_the_config_are_named(
    folder, changes, said
):
    change_config(folder, **changes)
    message = refusal(folder)
    assert message.startswith(WEIGHTS)
    assert said in message


STRANGE = [
    None, True, False, -1, 0, 1, 0.5, 10**12, 10**400, 1e308,
    float("nan"), float("inf"), "", "64", [], [[]], {}, {"a": 1},
]  # fmt: skip


def test_no_value_of_any_key_brings_a_traceback(folder):
    path = folder / "config.json"
    right = path.read_text("utf-8")
    for key in json.loads(right):
        for value in STRANGE:
            change_config(folder, **{key: value})
            with suppress(UserError):
                load_model(folder)
            path.write_text(right, "utf-8")


@pytest.mark.parametrize("kind", ["qwen3"], indirect=True)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1]", "no JSON object"),
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ('{"a":' * 100_000, "is damaged"),
        ('{"vocab_size": ' + "9" * 5000 + "}", "is damaged"),
        ("\udcff", "is damaged"),
    ],
)
def test_a_config_that_is_no_config_is_refused(folder, content, said):
    path = folder / "config.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert said in refusal(folder)


def crafted(header: object, data: bytes = b"") -> bytes:
    """Return a safetensors file with any header at all."""
    text = header if isinstance(header, str) else json.dumps(header)
    return struct.pack("<Q", len(text)) + text.encode() + data


def tensor(start: int, end: int, shape: list[int], dtype: str = "F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


HOSTILE = {
    "empty": b"",
    "five bytes": b"12345",
    "no header": struct.pack("<Q", 0),
    "header of exabytes": struct.pack("<Q", 1 << 62) + b"{}" * 8,
    "header of all ones": b"\xff" * 64,
    "header beyond the end": struct.pack("<Q", 100) + b"{}",
    "no JSON": crafted("{" * 40),
    "deep JSON": crafted('{"a":' * 100_000),
    "a list": crafted([]),
    "an offset beyond the end": crafted({"a": tensor(0, 8, [2])}, b"1234"),
    "a negative offset": crafted({"a": tensor(-4, 0, [1])}, b"1234"),
    "an end before its start": crafted({"a": tensor(4, 0, [1])}, b"1234"),
    "overlapping": crafted(
        {"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, b"1" * 12
    ),
    "one place for two": crafted(
        {"a": tensor(0, 8, [2]), "b": tensor(0, 8, [2])}, b"1" * 8
    ),
    "a hole": crafted(
        {"a": tensor(0, 4, [1]), "b": tensor(8, 12, [1])}, b"1" * 12
    ),
    "bytes left over": crafted({"a": tensor(0, 4, [1])}, b"1" * 12),
    "a shape of exabytes": crafted(
        {"a": tensor(0, 4, [2**62, 2**62])}, b"1234"
    ),
    "another size": crafted({"a": tensor(0, 4, [3])}, b"1234"),
    "an unknown type": crafted({"a": tensor(0, 4, [1], "F31")}, b"1234"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["qwen3"], indirect=True)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_weights_are_refused(folder, name):
    (folder / WEIGHTS).write_bytes(HOSTILE[name])
    assert refusal(folder).startswith(f"{WEIGHTS} is damaged: ")


def test_weights_cut_short_are_refused_wherever(folder):
    path = folder / WEIGHTS
    content = path.read_bytes()
    for length in (len(content) - 1, len(content) // 2, 100, 8, 7):
        path.write_bytes(content[:length])
        assert refusal(folder).startswith(f"{WEIGHTS} is damaged: ")
    path.unlink()
    assert "the folder is incomplete" in refusal(folder)


def change_weights(folder: Path, change) -> None:
    """Rewrite the tensors of a folder."""
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


@pytest.mark.parametrize("kind", ["qwen3"], indirect=True)
@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("model.norm.weight", lambda x: x.long(), "holds torch.int64"),
        ("model.norm.weight", lambda x: x.to(torch.float8_e5m2), "float8_"),
        ("model.norm.weight", lambda x: x[None], "is [1, 64], and config"),
        ("model.nurm.weight", lambda _: torch.ones(2), "leaves no place"),
        ("lm_head.weight", lambda _: torch.ones(30, 64), "differs from"),
        ("lm_head.weight", lambda _: torch.ones(3), "differs from the emb"),
    ],
)
def test_a_tensor_that_is_not_as_it_should_be_is_named(
    folder, name, change, said
):
    change_weights(folder, lambda t: t.update({name: change(t.get(name))}))
    message = refusal(folder)
    assert name in message
    assert said in message


def test_every_tensor_is_asked_for(folder):
    path = folder / WEIGHTS
    content = path.read_bytes()
    for name in load_file(path):
        change_weights(folder, lambda t, name=name: t.pop(name))
        assert f'lacks the tensor "{name}"' in refusal(folder)
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["qwen3", "gpt2"], indirect=True)
def test_a_repeated_tied_head_and_old_buffers_do_no_harm(kind, folder):
    before = load_model(folder)
    table = {"qwen3": "model.embed_tokens", "gpt2": "transformer.wte"}
    buffers = {
        "qwen3": {"model.layers.0.self_attn.rotary_emb.inv_freq": 16},
        "gpt2": {"transformer.h.0.attn.bias": 8,
                 "transformer.h.0.attn.masked_bias": 1},
    }  # fmt: skip

    def add(tensors):
        tensors["lm_head.weight"] = tensors[f"{table[kind]}.weight"].clone()
        for name, size in buffers[kind].items():
            tensors[name] = torch.ones(size)

    change_weights(folder, add)
    after = load_model(folder).state_dict()
    for name, value in before.state_dict().items():
        assert torch.equal(value, after[name]), name


def test_old_gpt2_files_name_their_tensors_without_a_prefix(tmp_path):
    theirs = foreign_model("gpt2")
    theirs.save_pretrained(tmp_path)
    before = load_model(tmp_path).state_dict()

    def rename(tensors):
        for name in list(tensors):
            value = tensors.pop(name)
            tensors[name.removeprefix("transformer.")] = value
        tensors["h.2.attn.bias"] = torch.ones(1, 1, 32, 32)
        tensors["h.2.attn.masked_bias"] = torch.tensor(-1e4)

    change_weights(tmp_path, rename)
    after = load_model(tmp_path).state_dict()
    for name, value in before.items():
        assert torch.equal(value, after[name]), name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is damaged"),
        ("[]", 'no "weight_map"'),
        ('{"weight_map": {}}', 'no "weight_map"'),
        ('{"weight_map": {"a": "../a.safetensors"}}', "no file beside it"),
        ('{"weight_map": {"a": 7}}', "names 7"),
        ('{"weight_map": {"a": "b.safetensors"}}', "does not exist"),
        ('{"weight_map": {"a": "x.safetensors", "b": "y.safetensors"}}',
         "that another file of the folder has too"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["qwen3"], indirect=True)
def test_a_wrong_index_is_refused(folder, content, said):
    weights = folder / WEIGHTS
    for name in ("x.safetensors", "y.safetensors"):
        (folder / name).write_bytes(weights.read_bytes())
    weights.unlink()
    path = folder / "model.safetensors.index.json"
    path.write_text(content, "utf-8")
    assert said in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"positions": "sinusoidal"}, "positions is always 'rotary'"),
        ({"mlp": "gelu"}, "in the nearest, Qwen3, mlp is always 'swiglu'"),
        ({"bias": True}, "Qwen3, bias is always False"),
        ({"norm": "layer", "positions": "none", "mlp": "gelu",
          "qk_norm": False, "bias": True, "num_kv_heads": 2},
         "in the nearest, GPT-2, positions is always 'learned'"),
        ({"norm": "layer", "positions": "learned", "mlp": "gelu",
          "qk_norm": False, "bias": True},
         "in the nearest, GPT-2, num_kv_heads is always num_heads"),
        ({"qk_norm": False, "width": 63, "dropout": 0.1},
         "in the nearest, Qwen3, qk_norm is always True"),
    ],
)  # fmt: skip
def test_a_model_that_is_nobodys_says_why_and_stays_ours(
    changes, said, tmp_path
):
    torch.manual_seed(0)
    config = replace(QWEN3, **changes)
    model = Transformer(config).eval()
    with pytest.raises(UserError) as caught:
        save_model(model, tmp_path / "model")
    assert said in str(caught.value)
    assert not (tmp_path / "model").exists()
    save_model(model, tmp_path / "model", allow_own=True)
    content = json.loads((tmp_path / "model" / "config.json").read_text())
    assert content["model_type"] == "octavo"
    again = load_model(tmp_path / "model")
    assert again.config == config
    ids = torch.randint(30, (2, 8))
    assert torch.equal(again(ids), model(ids))


def test_a_folder_of_our_own_says_itself_how_it_is_written(tmp_path):
    """It stays readable when its model becomes somebody's."""
    torch.manual_seed(0)
    model = Transformer(QWEN3).eval()
    content = asdict(QWEN3) | {"model_type": "octavo"}
    (tmp_path / "config.json").write_text(json.dumps(content), "utf-8")
    save_file(dict(model.named_parameters()), tmp_path / WEIGHTS)
    ids = torch.randint(30, (2, 8))
    assert torch.equal(load_model(tmp_path)(ids), model(ids))


def test_what_is_no_model_folder_says_so(tmp_path):
    with pytest.raises(UserError, match="no folder with a model"):
        load_model(tmp_path / "absent")
    with pytest.raises(UserError, match=r"config\.json does not exist"):
        load_model(tmp_path)
