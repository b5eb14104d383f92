"""Texts that stand in one row are read as if each were alone."""

import pytest
import torch

from octavo.foundation import UserError
from octavo.model import ModelConfig, Transformer
from octavo.model.attention import (
    attention_in_texts,
    causal_mask,
    scaled_dot_product_attention,
)

LENGTHS = (5, 1, 12, 7)
GPT2 = {"norm": "layer", "positions": "learned", "mlp": "gelu"}


def small_model(**changes) -> Transformer:
    torch.manual_seed(5)
    shape = {"num_layers": 2, "width": 32, "num_heads": 4}
    more = {"num_kv_heads": 2, "head_width": 12, "mlp_width": 40}
    config = {"vocab_size": 61, "context": 12, **shape, **more, **changes}
    return Transformer(ModelConfig(**config)).eval()


@pytest.mark.parametrize(
    "changes", [{}, GPT2, {"positions": "sinusoidal"}, {"num_kv_heads": 4}]
)
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_logits_and_gradients_are_those_of_each_text_alone(changes, kind):
    model = small_model(**changes)
    ids = torch.randint(61, (1, sum(LENGTHS)))
    with torch.autocast("cpu", kind, enabled=kind != torch.float32):
        together = model(ids, lengths=LENGTHS).float()
        alone = [model(text).float() for text in ids.split(LENGTHS, 1)]
    apart = torch.cat(alone, dim=1)
    close = {"rtol": 0, "atol": 1e-5 if kind == torch.float32 else 0.02}
    torch.testing.assert_close(together, apart, **close)
    weights = torch.randn_like(apart)
    found = torch.autograd.grad(
        (together * weights).sum(), model.parameters()
    )
    right = torch.autograd.grad((apart * weights).sum(), model.parameters())
    for one, other in zip(found, right, strict=True):
        distance = (one - other).norm() / other.norm()
        assert distance < (1e-5 if kind == torch.float32 else 0.03)


def test_no_text_hears_of_another():
    model, ids = small_model(), torch.randint(61, (1, sum(LENGTHS)))
    before = model(ids, lengths=LENGTHS)
    changed = ids.clone()
    changed[0, 7] = (ids[0, 7] + 1) % 61  # in the third text
    after = model(changed, lengths=LENGTHS)
    moved = (before != after).any(-1)[0].tolist()
    assert moved == [False] * 7 + [True] * 11 + [False] * 7


def test_the_mask_is_a_chain_of_triangles():
    torch.manual_seed(2)
    query, key, value = torch.randn(3, 2, 4, sum(LENGTHS), 8)
    triangles = [causal_mask(n, n) for n in LENGTHS]
    right = scaled_dot_product_attention(
        query, key, value, torch.block_diag(*triangles).bool()
    )
    found = attention_in_texts(query, key, value, LENGTHS)
    torch.testing.assert_close(found, right)


def test_each_text_must_fit_the_context_and_all_need_not():
    model = small_model()
    assert model(
        torch.zeros(1, 24, dtype=torch.int64), lengths=[12, 12]
    ).shape == (1, 24, 61)
    with pytest.raises(UserError, match=r"13 tokens long .* context 12"):
        model(torch.zeros(1, 15, dtype=torch.int64), lengths=[2, 13])
