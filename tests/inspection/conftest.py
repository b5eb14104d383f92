"""Small models of every kind."""

import pytest
import torch

from octavo.model import ModelConfig, Transformer

SIZES = {
    "vocab_size": 300, "context": 24, "num_layers": 2, "width": 32,
    "num_heads": 4, "num_kv_heads": 4, "head_width": 12, "mlp_width": 40,
}  # fmt: skip
KINDS = {
    "qwen3": {"num_kv_heads": 2},
    "one key-value head": {"num_kv_heads": 1, "tied_head": False},
    "llama": {"qk_norm": False, "bias": True},
    "gpt2": {
        "norm": "layer", "positions": "learned", "mlp": "gelu",
        "bias": True, "qk_norm": False, "dropout": 0.1,
    },
    "sinusoidal": {"positions": "sinusoidal", "num_layers": 1},
    "none": {"positions": "none", "mlp": "gelu"},
}  # fmt: skip


def make_model(**changes) -> Transformer:
    """A model whose norms and biases are not at their start."""
    torch.manual_seed(5)
    model = Transformer(ModelConfig(**SIZES | changes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


@pytest.fixture(params=KINDS)
def model(request) -> Transformer:
    return make_model(**KINDS[request.param])


@pytest.fixture
def ids() -> list[int]:
    return torch.randint(300, (11,)).tolist()
