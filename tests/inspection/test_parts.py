"""Costs against torch's own counter, and by hand."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from octavo.inspection import list_parts
from octavo.inspection.parts import IN_BLOCK, OUTSIDE, measure_activations

from .conftest import make_model


def test_the_parameters_are_all_the_model_has(model):
    parts = list_parts(model)
    total = sum(part.parameters for part in parts)
    assert total == model.num_parameters()
    blocks = {part.block for part in parts}
    assert blocks == set(range(model.config.num_layers + 1))


def test_the_flops_are_those_that_torch_counts(model):
    """The fused kernel for CPUs is not counted; the plain one is."""
    context = model.config.context
    ids = torch.zeros(1, context, dtype=torch.long)
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter:
        model(ids)
    parts = list_parts(model)
    total = sum(part.flops for part in parts)
    assert counter.get_total_flops() == total * context
    theirs = counter.get_flop_counts()
    for part in parts:
        if part.name in ("attention.query", "mlp.down", "head"):
            path = "Transformer." + (
                f"blocks.{part.block - 1}." if part.block else ""
            )
            counted = sum(theirs[path + part.name].values())
            assert counted == part.flops * context


def test_attention_is_counted_by_hand():
    parts = {part.name: part for part in list_parts(make_model())}
    # 24 keys and 24 values of 12 numbers, for 4 heads, 2 FLOPs each.
    assert parts["attention"].flops == 2 * 24 * 12 * 4 * 2
    assert parts["attention.query"].flops == 2 * 32 * 4 * 12
    assert parts["norm"].flops == parts["embedding"].flops == 0


def test_activations_by_hand():
    model = make_model(mlp="gelu", norm="layer", qk_norm=False)
    parts = {part.name: part for part in list_parts(model)}
    floats = 4 * 24  # bytes of one float in each place of the window
    # A linear layer keeps its input, which query, key and value share.
    assert parts["attention.query"].activations == 32 * floats
    assert parts["attention.key"].activations == 0
    # What the kernel mixed lies as the output reads it: no copy is kept.
    assert parts["attention.output"].activations == 0
    assert parts["mlp.up"].activations == 32 * floats
    assert parts["mlp"].activations == 40 * floats  # GELU's input
    assert parts["mlp.down"].activations == 40 * floats
    # LayerNorm keeps its input, and a mean and a deviation per token.
    assert parts["mlp_norm"].activations == (32 + 2) * floats
    # The kernel keeps its queries, keys, values, what it mixed, and a
    # normaliser for each query of each head.
    assert parts["attention"].activations == (4 * 48 + 4) * floats
    # The loss keeps a logarithm for each score; four bytes are a weight.
    assert parts["loss"].activations == 300 * floats + 4


def test_no_byte_that_autograd_keeps_is_forgotten(model):
    seen = {}

    def keep(tensor):
        memory = tensor.untyped_storage()
        seen[memory.data_ptr()] = memory.nbytes()
        return tensor

    ids = torch.zeros(1, 24, dtype=torch.long)
    model.train()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        loss = torch.nn.functional.cross_entropy(model(ids)[0], ids[0])
    for tensor in [*model.parameters(), *model.buffers()]:
        seen.pop(tensor.untyped_storage().data_ptr(), None)
    assert loss.isfinite()
    total = sum(part.activations for part in list_parts(model))
    assert total == sum(measure_activations(model).values())
    assert total == sum(seen.values())


def test_measuring_leaves_the_model_and_the_random_state_alone():
    model = make_model(dropout=0.3)
    before = torch.get_rng_state()
    parts = [part.name for part in list_parts(model)]
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert not model.blocks[0]._forward_hooks
    assert parts.count("dropout") == 3
    assert "dropout" not in [part.name for part in list_parts(make_model())]


def test_a_window_twice_as_long_keeps_twice_as_much():
    short, long = (
        sum(part.activations for part in list_parts(make_model(context=n)))
        for n in (12, 24)
    )
    assert long - 4 == pytest.approx(2 * (short - 4))


def test_every_part_says_in_few_words_what_it_does(model):
    parts = list_parts(model)
    assert all(0 < len(part.what) <= 27 for part in parts)
    names = [part.name for part in parts if part.block < 2]
    order = [*list(OUTSIDE)[:4], *IN_BLOCK, *list(OUTSIDE)[4:]]
    assert names == [name for name in order if name in names]
    assert names[0] == "tokenizer"
    assert names[-3:] == ["norm", "head", "loss"]
