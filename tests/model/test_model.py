"""The parts of the model against hand calculations and each other."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from octavo.foundation import UserError
from octavo.model import (
    GELU,
    Block,
    Cache,
    ModelConfig,
    RMSNorm,
    Rotary,
    SwiGLU,
    Transformer,
    causal_mask,
    fused_causal_attention,
    make_norm,
    rotary_angles,
    rotate,
    scaled_dot_product_attention,
    sinusoids,
)

SMALL = ModelConfig(
    vocab_size=61,
    context=24,
    num_layers=2,
    width=32,
    num_heads=4,
    num_kv_heads=2,
    head_width=12,
    mlp_width=40,
)


GPT2 = {
    "norm": "layer",
    "positions": "learned",
    "qk_norm": False,
    "mlp": "gelu",
    "bias": True,
}


def small_model(**changes) -> Transformer:
    torch.manual_seed(5)
    return Transformer(replace(SMALL, **changes)).eval()


def test_attention_by_hand():
    # One query that scores ln 3 against one key and 0 against the other
    # weighs them 3/4 and 1/4.
    query = torch.tensor([[math.log(3) * math.sqrt(2), 0.0]])
    key = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    value = torch.tensor([[8.0, 0.0], [0.0, 4.0]])
    mixed = scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(mixed, torch.tensor([[6.0, 1.0]]))


def test_a_mask_hides_what_it_does_not_allow():
    query, key = torch.randn(3, 4), torch.randn(3, 4)
    value = torch.eye(3)
    weights = scaled_dot_product_attention(
        query, key, value, causal_mask(3, 3)
    )
    assert torch.equal(weights, weights.tril())
    torch.testing.assert_close(weights.sum(-1), torch.ones(3))
    assert weights[0].tolist() == [1.0, 0.0, 0.0]


def test_the_reference_equals_torch():
    query, key, value = torch.randn(3, 2, 5, 7, 8).unbind()
    ours = scaled_dot_product_attention(
        query, key, value, causal_mask(7, 7)
    )
    theirs = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True
    )
    torch.testing.assert_close(ours, theirs)


def test_the_causal_mask_ends_in_the_lower_right_corner():
    assert causal_mask(2, 4).tolist() == [
        [True, True, True, False],
        [True, True, True, True],
    ]


def test_rms_norm_by_hand():
    norm = RMSNorm(2, epsilon=0.0)
    norm.weight.data = torch.tensor([1.0, 10.0])
    # The root mean square of (3, 4) is sqrt(12.5).
    size = math.sqrt(12.5)
    expected = torch.tensor([3 / size, 40 / size])
    torch.testing.assert_close(norm(torch.tensor([3.0, 4.0])), expected)


def test_rotation_turns_by_the_position_times_the_speed():
    angles = rotary_angles(3, 4, base=100.0)
    # Speeds 100^0 and 100^(-1/2): one radian, and a tenth, a step.
    expected = torch.tensor([[0.0, 0.0], [1.0, 0.1], [2.0, 0.2]])
    torch.testing.assert_close(angles, expected)
    x = torch.tensor([1.0, 0.0, 0.0, 2.0]).expand(3, 4)
    turned = rotate(x, angles.cos(), angles.sin())
    by_hand = [math.cos(2), -2 * math.sin(0.2), math.sin(2),
               2 * math.cos(0.2)]  # fmt: skip
    torch.testing.assert_close(turned[2], torch.tensor(by_hand))


def test_scores_depend_on_distance_alone():
    angles = rotary_angles(20, 8, base=10_000.0)
    query, key = torch.randn(2, 8).unbind()

    def score(i: int, j: int) -> float:
        turn = [rotate(x[None], angles[at].cos()[None],
                       angles[at].sin()[None])
                for x, at in ((query, i), (key, j))]  # fmt: skip
        return float((turn[0] * turn[1]).sum())

    assert score(7, 3) == pytest.approx(score(19, 15), abs=1e-5)
    assert score(7, 3) != pytest.approx(score(7, 4), abs=1e-3)


def test_no_token_sees_a_later_one():
    model, ids = small_model(), torch.randint(61, (2, 12))
    changed = ids.clone()
    changed[:, 7] = (changed[:, 7] + 1) % 61
    before, after = model(ids), model(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_the_head_reads_what_is_hidden():
    model = Transformer(SMALL)
    ids = torch.arange(5)[None]
    assert model.hidden(ids).shape == (1, 5, SMALL.width)
    expected = model.hidden(ids) @ model.head.weight.T
    torch.testing.assert_close(model(ids), expected)


def test_a_text_beyond_the_context_raises():
    model = small_model()
    with pytest.raises(UserError, match=r"25 tokens long .* context 24"):
        model(torch.zeros(1, 25, dtype=torch.long))
    cache = Cache(model.config)
    model(torch.zeros(1, 24, dtype=torch.long), cache)
    with pytest.raises(UserError, match="25 tokens long"):
        model(torch.zeros(1, 1, dtype=torch.long), cache)


def test_parameters_are_counted_once():
    # Embedding 61 x 32; per block two norms of 32, two of 12, query and
    # output 32 x 48, key and value 32 x 24, three of 32 x 40; last norm 32.
    block = 2 * 32 + 2 * 12 + 2 * 32 * 48 + 2 * 32 * 24 + 3 * 32 * 40
    assert small_model().num_parameters() == 61 * 32 + 2 * block + 32
    free = small_model(tied_head=False).num_parameters()
    assert free == 2 * 61 * 32 + 2 * block + 32
    # GPT-2's: two linear layers instead of three, biases, positions.
    block = 4 * 32 + 2 * (32 * 48 + 32 * 24) + 48 + 2 * 24 + 32
    block += 2 * 32 * 40 + 40 + 32
    gpt2 = small_model(**GPT2).num_parameters()
    assert gpt2 == 61 * 32 + 24 * 32 + 2 * block + 2 * 32


def test_parameters_have_the_names_that_others_rely_on():
    names = [name for name, _ in small_model(**GPT2).named_parameters()]
    attention = ["query", "key", "value", "output"]
    parts = ["attention_norm", *(f"attention.{p}" for p in attention),
             "mlp_norm", "mlp.up", "mlp.down"]  # fmt: skip
    assert names == [
        "embedding.weight",
        "position_embedding.weight",
        *(
            f"blocks.{layer}.{part}.{kind}"
            for layer in range(2)
            for part in parts
            for kind in ("weight", "bias")
        ),
        "norm.weight",
        "norm.bias",
    ]
    names = [name for name, _ in small_model().named_parameters()]
    assert [n for n in names if n.startswith("blocks.1")] == [
        f"blocks.1.{part}.weight"
        for part in (
            "attention_norm",
            *(f"attention.{part}" for part in attention),
            "attention.query_norm",
            "attention.key_norm",
            "mlp_norm",
            "mlp.gate",
            "mlp.up",
            "mlp.down",
        )
    ]
    free = small_model(tied_head=False, positions="sinusoidal")
    assert [name for name, _ in free.named_parameters()][
        -1
    ] == "head.weight"


def test_the_first_loss_is_that_of_guessing():
    torch.manual_seed(0)
    model = Transformer(replace(SMALL, vocab_size=500))
    ids = torch.randint(500, (8, 24))
    loss = functional.cross_entropy(
        model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    )
    assert loss.item() == pytest.approx(math.log(500), rel=0.02)


def test_norms_begin_at_one_and_biases_at_zero():
    for name, parameter in small_model(**GPT2).named_parameters():
        if "norm" in name or name.endswith("bias"):
            start = 1.0 if name.endswith("weight") else 0.0
            assert (parameter == start).all(), name


@pytest.mark.parametrize("changes", [{}, GPT2, {"positions": "none"}])
def test_the_stream_keeps_its_size_through_the_layers(changes):
    """A signal must come out of many layers as large as it went in."""
    torch.manual_seed(1)
    config = replace(SMALL, num_layers=24, width=96, **changes)
    x = torch.randn(2, 24, 96)
    rotary = Rotary(config)(slice(0, 24)) if not changes else None
    out = x
    for block in Transformer(config).blocks:
        out = block(out, rotary)
    assert 1.0 < out.std() / x.std() < 1.5


def test_dropout_works_in_training_only():
    model, ids = small_model(dropout=0.5), torch.randint(61, (1, 9))
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


@pytest.mark.parametrize("silent", ["attention.output", "mlp.down"])
def test_dropout_drops_a_share_of_what_each_part_adds(silent):
    config = replace(SMALL, width=1000, mlp_width=50, dropout=0.25)
    torch.manual_seed(2)
    block = Block(config).train()
    x = torch.randn(2, 20, 1000)
    with torch.no_grad():
        block.get_submodule(silent).weight.zero_()
        added = block(x) - x
        block.eval()
        whole = block(x) - x
    dropped = (added == 0).float().mean().item()
    assert dropped == pytest.approx(0.25, abs=0.01)
    kept = added != 0  # and what stays is larger, so that the mean is too
    torch.testing.assert_close(
        added[kept], whole[kept] / 0.75, atol=1e-5, rtol=1e-5
    )


def test_layer_norm_by_hand():
    config = replace(SMALL, width=2, norm="layer", norm_epsilon=3.0)
    norm = make_norm(replace(config, bias=True))
    norm.weight.data = torch.tensor([1.0, 10.0])
    norm.bias.data = torch.tensor([0.5, 0.0])
    # Of (3, 5) the mean is 4, the variance 1; sqrt(1 + 3) is 2.
    x = torch.tensor([3.0, 5.0])
    torch.testing.assert_close(norm(x), torch.tensor([0.0, 5.0]))
    assert make_norm(config).bias is None


def test_the_gelu_network_by_hand():
    config = replace(SMALL, width=1, mlp_width=1, bias=True)
    network = GELU(config)
    for parameter, value in zip(
        network.parameters(), (2.0, 1.0, 3.0, 0.5), strict=True
    ):
        parameter.data.fill_(value)
    up = 2.0 * 0.75 + 1.0
    inner = math.sqrt(2 / math.pi) * (up + 0.044715 * up**3)
    expected = 3.0 * 0.5 * up * (1 + math.tanh(inner)) + 0.5
    x = torch.full((1, 1, 1), 0.75)
    assert network(x).item() == pytest.approx(expected, rel=1e-6)


def test_the_swiglu_network_by_hand():
    config = replace(SMALL, width=1, mlp_width=1)
    network = SwiGLU(config)
    for parameter, value in zip(
        network.parameters(), (2.0, 5.0, 3.0), strict=True
    ):
        parameter.data.fill_(value)
    x = torch.full((1, 1, 1), 0.75)
    expected = 3.0 * (1.5 / (1 + math.exp(-1.5))) * (5.0 * 0.75)
    assert network(x).item() == pytest.approx(expected, rel=1e-6)


def test_sinusoids_follow_the_formula_of_the_paper():
    table = sinusoids(6, 5)
    for position in range(6):
        for i in range(5):
            angle = position / 10_000 ** (2 * (i // 2) / 5)
            wave = math.cos(angle) if i % 2 else math.sin(angle)
            assert table[position, i].item() == pytest.approx(
                wave, abs=1e-6
            )


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_position_vectors_are_added_to_the_tokens(positions):
    model = small_model(positions=positions)
    table = model.position_embedding.weight
    assert table.shape == (24, 32)
    same = small_model(positions="none")
    state = model.state_dict()
    state.pop("position_embedding.weight", None)
    same.load_state_dict(state)
    # Two tokens become one when each one's vector holds its position's.
    with torch.no_grad():
        embedded = same.embedding.weight[:24] + table
        same.embedding.weight[:24] = embedded
        same.head.weight = model.head.weight
        ids = torch.arange(24)[None]
        torch.testing.assert_close(same(ids), model(ids))


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
def test_the_order_of_words_matters(positions):
    model = small_model(positions=positions, num_layers=1)
    ids = torch.tensor([[1, 2, 3]])
    swapped = torch.tensor([[2, 1, 3]])
    last = model(ids)[0, 2], model(swapped)[0, 2]
    assert not torch.allclose(*last, atol=1e-6)
    # Without positions, one layer sees a bag of what came before.
    model = small_model(positions="none", num_layers=1)
    last = model(ids)[0, 2], model(swapped)[0, 2]
    torch.testing.assert_close(*last)


@pytest.mark.parametrize(("heads", "groups"), [(4, 4), (6, 2), (5, 1)])
@pytest.mark.parametrize(("queries", "keys"), [(7, 7), (1, 9), (3, 9)])
def test_the_fused_kernel_equals_the_reference(
    heads, groups, queries, keys
):
    torch.manual_seed(0)
    query = torch.randn(2, heads, queries, 8)
    key, value = torch.randn(2, 2, groups, keys, 8).unbind()
    shared = heads // groups
    torch.testing.assert_close(
        fused_causal_attention(query, key, value),
        scaled_dot_product_attention(
            query,
            key.repeat_interleave(shared, 1),
            value.repeat_interleave(shared, 1),
            causal_mask(queries, keys),
        ),
    )
