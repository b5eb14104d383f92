"""How much is kept for the way back, and what is kept as it was."""

from dataclasses import replace

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from octavo.model import Transformer
from octavo.training.memory.checkpointing import checkpoint_blocks
from octavo.training.memory.saving import Packer, unpack

from .conftest import GPT2, IDS, QWEN3, learn

LEAST = 8 * 8 * QWEN3.num_heads  # one sum for each token and head


def kept_bytes(model, pack=lambda x: x) -> int:
    """Return how much memory is kept beside the model's own."""
    own = {
        x.untyped_storage().data_ptr() for x in model.state_dict().values()
    }
    own |= {x.untyped_storage().data_ptr() for x in model.buffers()}
    kept = {}

    def count(x):
        packed = pack(x)
        storage = packed.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return packed

    with saved_tensors_hooks(count, unpack):
        logits = model(IDS[:, :-1])
    logits.sum().backward()
    return sum(kept.values())


@pytest.mark.parametrize("config", [QWEN3, GPT2])
def test_saved_in_bfloat16_it_takes_about_half(config):
    model = Transformer(config)
    exact = kept_bytes(model)
    rounded = kept_bytes(model, Packer(model, LEAST))
    assert 0.5 * exact < rounded < 0.6 * exact


def test_a_recipe_is_obeyed():
    def saved(**technique) -> int:
        numbers = []

        def count(x):
            numbers.append(x.numel())
            return x

        with saved_tensors_hooks(count, lambda x: x):
            learn(QWEN3, **technique)
        return sum(numbers)

    everything = saved()
    assert saved(checkpoint_activations=True) < 0.4 * everything
    logits = IDS[:, :-1].numel() * QWEN3.vocab_size
    assert saved(loss_chunk=4) < everything - logits


def test_a_layer_more_costs_little_when_it_is_computed_twice():
    def of_a_layer(checkpointing: bool) -> int:
        kept = []
        for layers in (2, 3):
            model = Transformer(replace(QWEN3, num_layers=layers))
            if checkpointing:
                checkpoint_blocks(model)
            kept.append(kept_bytes(model))
        return kept[1] - kept[0]

    into_a_block = 4 * 8 * 8 * QWEN3.width  # float32, for each token
    assert of_a_layer(checkpointing=True) == into_a_block
    assert of_a_layer(checkpointing=False) > 10 * into_a_block


def test_checkpointing_changes_no_names_and_no_sampling():
    model = Transformer(QWEN3)
    names = list(model.state_dict())
    with torch.no_grad():
        before = model(IDS[:, :-1])
        checkpoint_blocks(model)
        assert torch.equal(model(IDS[:, :-1]), before)
    assert list(model.state_dict()) == names


def test_only_what_is_large_float_and_not_the_models_is_rounded():
    model = Transformer(QWEN3)
    pack = Packer(model, least=100)
    large = torch.rand(101)
    assert pack(large).dtype == torch.bfloat16
    assert torch.equal(unpack(pack(large)), large.bfloat16().float())
    for kept in (
        torch.rand(100),
        torch.arange(200),
        torch.rand(200).double(),
        model.embedding.weight,
        model.blocks[0].mlp.up.weight.T,
        next(model.rotary.buffers()),
    ):
        assert pack(kept) is kept
        assert unpack(kept) is kept


def test_what_is_saved_twice_is_stored_once():
    pack = Packer(Transformer(QWEN3), least=100)
    x = torch.rand(20, 10)
    assert pack(x) is pack(x.view(20, 10))
    assert pack(x) is not pack(x.T)
    first = pack(x)
    x.mul_(2)  # another value in the same place
    assert torch.equal(pack(x), x.bfloat16())
    assert not torch.equal(pack(x), first)


def test_an_address_that_is_used_again_is_another_tensor():
    pack = Packer(Transformer(QWEN3), least=100)
    for value in range(50):
        x = torch.full((1000,), float(value))
        assert pack(x)[0] == value
        del x
