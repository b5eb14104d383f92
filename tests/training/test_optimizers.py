import pytest
import torch

from octavo.model import ModelConfig, Transformer
from octavo.training import optimizers
from octavo.training.optimizers import Muon, make_optimizers, orthogonalise


@pytest.mark.parametrize("shape", [(3, 40, 40), (2, 24, 96), (2, 96, 24)])
def test_singular_values_come_close_to_one(shape):
    torch.manual_seed(0)
    matrices = torch.randn(shape) * 17.0
    values = torch.linalg.svdvals(orthogonalise(matrices, rounds=5))
    assert values.max() < 1.25
    assert values.quantile(0.1) > 0.6


def test_directions_are_kept():
    """The result is near U V' of the matrix's own U S V'."""
    torch.manual_seed(0)
    matrix = torch.randn(24, 48)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    ours, exact = orthogonalise(matrix, rounds=5), u @ v
    cosine = (ours * exact).sum() / ours.norm() / exact.norm()
    assert cosine > 0.97


def test_a_stack_is_orthogonalised_matrix_by_matrix():
    torch.manual_seed(0)
    stack = torch.randn(3, 8, 12)
    one_by_one = torch.stack([orthogonalise(matrix) for matrix in stack])
    torch.testing.assert_close(orthogonalise(stack), one_by_one)


@pytest.mark.parametrize("shape", [(32, 32), (48, 16), (16, 48)])
def test_muon_follows_torch(shape):
    """Torch's iterates in bfloat16, so a few percent of a step differ."""
    ns_steps = optimizers.ROUNDS
    torch.manual_seed(0)
    start, gradients = torch.randn(shape), torch.randn(4, *shape)
    ours, theirs = (start.clone().requires_grad_() for _ in range(2))
    both = (
        (ours, Muon([ours], 0.02, 0.95, 0.1)),
        (theirs, torch.optim.Muon(
            [theirs], lr=0.02, momentum=0.95, weight_decay=0.1,
            adjust_lr_fn="original", ns_steps=ns_steps,
        )),
    )  # fmt: skip
    for gradient in gradients:
        for matrix, optimizer in both:
            matrix.grad = gradient.clone()
            optimizer.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() / moved < 0.05


def test_each_parameter_has_one_optimizer():
    config = ModelConfig(vocab_size=30, num_layers=2, width=32)
    model = Transformer(config)
    muon, adamw = make_optimizers(model, 0.02, 0.01, 0.0)
    held = [
        [p for group in o.param_groups for p in group["params"]]
        for o in (muon, adamw)
    ]
    matrices = {name for name, p in model.named_parameters()
                if any(p is q for q in held[0])}  # fmt: skip
    assert len(held[0]) == len(matrices) == 2 * 7
    assert "embedding.weight" not in matrices
    assert sum(map(len, held)) == len(list(model.parameters()))
