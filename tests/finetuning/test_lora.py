"""LoRA by the chain rule is what autograd makes of W + s B A."""

import torch
from torch.func import functional_call

from octavo.finetuning.learning import PackBackend
from octavo.finetuning.lora import SCALE, LoraBackend
from octavo.finetuning.packing import pack
from octavo.finetuning.rendering import Rendered
from octavo.model import ModelConfig, Transformer
from octavo.training import TrainingRecipe

CONFIG = ModelConfig(
    vocab_size=40, context=16, num_layers=2, width=24, num_heads=2,
    num_kv_heads=1, head_width=12, mlp_width=32,
)  # fmt: skip
PACK = pack(
    [
        Rendered(ids=[3, 1, 4, 1, 5], trained=[False] * 3 + [True] * 2),
        Rendered(ids=[9, 2, 6, 5], trained=[False, True, False, True]),
    ]
)
RECIPE = TrainingRecipe(
    tokens=100, matrix_learning_rate=0.01, other_learning_rate=0.01
)


def taught(steps: int, rank: int = 2) -> LoraBackend:
    torch.manual_seed(4)
    backend = LoraBackend(Transformer(CONFIG), RECIPE, rank)
    for _ in range(steps):
        backend.loss(*PACK)
        backend.step(1.0)
    return backend


def test_it_begins_as_the_base_and_moves_nothing_but_matrices():
    torch.manual_seed(4)
    base = dict(Transformer(CONFIG).named_parameters())
    backend = taught(3)
    matrices = backend.adapter.matrices
    assert len(matrices) == 7 * CONFIG.num_layers
    for name, weight in backend.model.named_parameters():
        assert torch.equal(weight, base[name]) == (name not in matrices)
        if name in matrices:
            change = weight - base[name]
            assert torch.linalg.matrix_rank(change, rtol=1e-3) <= 2
    first = taught(0)
    assert first.loss(*PACK) == PackBackend(first.model, RECIPE).loss(*PACK)


def test_gradients_are_those_of_autograd():
    backend = taught(2)
    adapter, model = backend.adapter, backend.model
    backend.loss(*PACK)
    thin = {
        name: (
            adapter.up[name].detach().clone().requires_grad_(),
            adapter.down[name].detach().clone().requires_grad_(),
        )
        for name in adapter.matrices
    }
    merged = {
        name: adapter.start[name] + SCALE * up @ down
        for name, (up, down) in thin.items()
    }
    inputs, targets, lengths = PACK
    logits = functional_call(model, merged, (inputs, None, lengths))
    torch.nn.functional.cross_entropy(logits[0], targets[0]).backward()
    for name, (up, down) in thin.items():
        torch.testing.assert_close(adapter.up[name].grad, up.grad)
        torch.testing.assert_close(adapter.down[name].grad, down.grad)


def test_it_learns_and_remembers():
    backend = taught(12)
    assert backend.loss(*PACK) < taught(0).loss(*PACK) - 0.4
    memory = {n: x.clone() for n, x in backend.memory().items()}
    weights = {n: x.clone() for n, x in backend.model.state_dict().items()}
    other = taught(0)
    other.remember(memory)
    other.model.load_state_dict(weights)
    for each in (backend, other):
        each.loss(*PACK)
        each.step(1.0)
    for name, weight in backend.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name])
