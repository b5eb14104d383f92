"""With the cache and without it, the numbers are the same."""

import pytest
import torch

from octavo.model import Cache, ModelConfig, Transformer

POSITIONS = ["rotary", "learned", "sinusoidal", "none"]
LAYER = {"norm": "layer", "mlp": "gelu", "bias": True, "qk_norm": False}


def model_with(positions: str, num_kv_heads: int, **changes) -> Transformer:
    torch.manual_seed(5)
    config = ModelConfig(
        vocab_size=61, context=24, num_layers=2, width=32, num_heads=4,
        num_kv_heads=num_kv_heads, head_width=12, mlp_width=40,
        positions=positions, **changes,
    )  # fmt: skip
    model = Transformer(config).eval()
    for parameter in model.parameters():  # large, so that mistakes show
        parameter.data.add_(torch.randn_like(parameter), alpha=0.2)
    return model


@pytest.mark.parametrize("cuts", [[1] * 24, [24], [1, 23], [7, 1, 5, 11]])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("changes", [{}, LAYER])
@pytest.mark.parametrize("num_kv_heads", [4, 2, 1])
@pytest.mark.parametrize("positions", POSITIONS)
def test_the_cache_changes_nothing(
    positions, num_kv_heads, changes, batch, cuts
):
    model = model_with(positions, num_kv_heads, **changes)
    ids = torch.randint(61, (batch, 24))
    cache = Cache(model.config)
    with torch.no_grad():
        pieces = [model(piece, cache) for piece in ids.split(cuts, dim=1)]
        assert cache.length == 24
        torch.testing.assert_close(
            torch.cat(pieces, dim=1), model(ids), atol=1e-4, rtol=1e-5
        )


@pytest.mark.parametrize("positions", POSITIONS)
def test_an_emptied_cache_is_a_new_one(positions):
    model = model_with(positions, 2)
    cache = Cache(model.config)
    with torch.no_grad():
        model(torch.randint(61, (2, 20)), cache)
        cache.keep(0)
        assert cache.length == 0
        ids = torch.randint(61, (5, 9))  # and of another batch
        model(ids[:, :4], cache)
        torch.testing.assert_close(
            model(ids[:, 4:], cache), model(ids)[:, 4:]
        )


@pytest.mark.parametrize("positions", POSITIONS)
def test_what_is_kept_need_not_be_read_again(positions):
    model = model_with(positions, 2)
    cache, ids = Cache(model.config), torch.randint(61, (2, 20))
    with torch.no_grad():
        model(ids, cache)
        cache.keep(7)
        other = torch.cat((ids[:, :7], (ids[:, 7:] + 1) % 61), dim=1)
        torch.testing.assert_close(
            model(other[:, 7:], cache),
            model(other)[:, 7:],
            atol=1e-4,
            rtol=1e-5,
        )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
@pytest.mark.parametrize("positions", POSITIONS)
def test_the_cache_is_of_the_models_type(positions, dtype):
    model = model_with(positions, 2).to(dtype)
    cache, ids = Cache(model.config), torch.randint(61, (1, 9))
    with torch.no_grad():
        parts = [model(ids[:, :5], cache), model(ids[:, 5:], cache)]
        assert cache.layers[1].keys.dtype == dtype
        assert cache.layers[1].keys.shape == (1, 2, 24, 12)
        exact = dtype == torch.float64
        torch.testing.assert_close(
            torch.cat(parts, dim=1),
            model(ids),
            atol=1e-12 if exact else 0.5,
            rtol=1e-12 if exact else 0.05,
        )
