"""Chapter 7's formulas as they are printed, against the model's code."""

from math import exp, sqrt

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from octavo.model import ModelConfig, RMSNorm, SwiGLU, Transformer

V, L, D, F, K, T = 50, 3, 32, 96, 16, 24


def model_of_letters() -> Transformer:
    return Transformer(
        ModelConfig(
            vocab_size=V, num_layers=L, width=D, mlp_width=F, head_width=K,
            num_heads=D // K, num_kv_heads=D // K, context=T,
        )
    ).eval()  # fmt: skip


def test_a_vector_by_the_root_of_the_mean_of_its_squares():
    x, norm = torch.tensor([3.0, 4.0, 0.0, 0.0]), RMSNorm(4, 1e-6)
    weights = [1.0, 2.0, 3.0, 4.0]
    norm.weight = nn.Parameter(torch.tensor(weights))
    root = sqrt(sum(one * one for one in x.tolist()) / 4 + 1e-6)
    printed = [
        g * one / root for g, one in zip(weights, x.tolist(), strict=True)
    ]
    assert norm(x).tolist() == pytest.approx(printed)
    assert printed[:2] == pytest.approx([1.2, 3.2], abs=1e-5)


def test_the_network_is_down_of_silu_of_the_gate_times_up():
    mlp = SwiGLU(ModelConfig(vocab_size=1, width=2, mlp_width=3))
    x = torch.randn(2)
    gate, up, down = (
        one.weight.tolist() for one in (mlp.gate, mlp.up, mlp.down)
    )

    def times(row: list[float]) -> float:
        return sum(w * n for w, n in zip(row, x.tolist(), strict=True))

    inside = [
        z / (1 + exp(-z)) * times(row)
        for z, row in zip(map(times, gate), up, strict=True)
    ]
    printed = [sum(w * n for w, n in zip(row, inside, strict=True))
               for row in down]  # fmt: skip
    assert mlp(x[None, None])[0, 0].tolist() == pytest.approx(
        printed, abs=1e-6
    )


def test_the_number_of_parameters():
    size = V * D + L * (4 * D * D + 3 * D * F + 2 * D + 2 * K) + D
    assert model_of_letters().num_parameters() == size


def test_the_multiply_adds_of_a_token():
    work = V * D + L * (4 * D * D + 3 * D * F + 2 * T * D)
    counter, ids = FlopCounterMode(display=False), torch.zeros(1, T).long()
    # Only the plain kernel of attention is counted on a processor.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model_of_letters()(ids)
    assert counter.get_total_flops() == 2 * T * work


def test_a_block_adds_to_the_stream_twice():
    block, x = model_of_letters().blocks[0], torch.randn(1, T, D)
    heard = x + block.attention(block.attention_norm(x))
    thought = heard + block.mlp(block.mlp_norm(heard))
    torch.testing.assert_close(block(x), thought)


def test_weights_begin_with_the_spreads_that_the_text_gives():
    torch.manual_seed(0)
    model = Transformer(
        ModelConfig(vocab_size=256, num_layers=8, width=256)
    )
    block = model.blocks[3]
    writes = 1 / sqrt(2 * 8)
    for weight, spread in (
        (block.attention.query.weight, 1 / sqrt(256)),
        (block.mlp.gate.weight, 1 / sqrt(256)),
        (block.attention.output.weight, writes / sqrt(256)),
        (block.mlp.down.weight, writes / sqrt(768)),
    ):
        assert weight.std().item() == pytest.approx(spread, rel=0.03)


def test_a_block_that_writes_nothing_gives_back_what_it_was_given():
    block, x = model_of_letters().blocks[0], torch.randn(1, T, D)
    for writing in (block.attention.output, block.mlp.down):
        nn.init.zeros_(writing.weight)
    assert torch.equal(block(x), x)
