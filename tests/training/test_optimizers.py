"""The optimizers against torch's own, and against the papers by hand."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LinearLR, SequentialLR

from octavo.model import ModelConfig, Transformer
from octavo.training.optimizers import (
    QUINTIC,
    ROUNDS,
    AdamW,
    Muon,
    make_optimizers,
    orthogonalise,
)


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
    ours, exact = orthogonalise(matrix[None], rounds=5)[0], u @ v
    cosine = (ours * exact).sum() / ours.norm() / exact.norm()
    assert cosine > 0.97


def test_a_stack_is_orthogonalised_matrix_by_matrix():
    torch.manual_seed(0)
    stack = torch.randn(3, 8, 12)
    one_by_one = torch.cat([orthogonalise(one) for one in stack.split(1)])
    torch.testing.assert_close(orthogonalise(stack), one_by_one)


def test_products_in_bfloat16_orthogonalise_too():
    torch.manual_seed(0)
    stack = torch.randn(3, 40, 24)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = orthogonalise(stack)
    assert rounded.dtype == torch.bfloat16
    exact = orthogonalise(stack)
    assert ((rounded - exact).norm() / exact.norm()).item() < 0.02


def follow_torch(shape, momentum, weight_decay):
    """Step two matrices ours and torch's way; return how far apart.

    As a share of how far they moved, in eight steps at falling rates.
    """
    torch.manual_seed(0)
    starts = torch.randn(2, *shape)
    ours, theirs = (
        [start.clone().requires_grad_() for start in starts]
        for _ in range(2)
    )
    mine = Muon(ours, 0.02, momentum, weight_decay)
    torchs = torch.optim.Muon(
        theirs, lr=0.02, momentum=momentum, weight_decay=weight_decay,
        adjust_lr_fn="original", ns_coefficients=QUINTIC, ns_steps=ROUNDS,
    )  # fmt: skip
    for step in range(8):
        gradients = torch.randn(2, *shape)
        for matrices in (ours, theirs):
            for matrix, gradient in zip(matrices, gradients, strict=True):
                matrix.grad = gradient.clone()
        share = 1 / (1 + step)
        mine.step(share)
        torchs.param_groups[0]["lr"] = 0.02 * share
        torchs.step()
    ours, theirs = torch.stack(ours).detach(), torch.stack(theirs).detach()
    return float((ours - theirs).norm() / (theirs - starts).norm())


SHAPES = [(32, 32), (48, 16), (16, 48), (1, 8), (8, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("momentum", "weight_decay"), [(0.95, 0.1), (0.5, 0.0), (0.0, 2.0)]
)
def test_muon_is_torchs(shape, momentum, weight_decay, monkeypatch):
    """Torch iterates in bfloat16: here it is made to do it in float32."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    assert follow_torch(shape, momentum, weight_decay) < 2e-5


@pytest.mark.parametrize("shape", SHAPES)
def test_muon_follows_torchs_as_it_comes(shape):
    """In bfloat16, about half a percent of the way differs."""
    assert follow_torch(shape, 0.95, 0.1) < 0.02


def test_adamw_by_hand():
    """Loshchilov and Hutter 2019, algorithm 2, without decay, in NumPy."""
    model = Transformer(ModelConfig(vocab_size=30, num_layers=1, width=32))
    _, adamw = make_optimizers(model, 0.02, 0.01, 0.95, 0.5)
    table = model.embedding.weight
    rate, (beta1, beta2), epsilon = 0.01, (0.9, 0.95), 1e-10
    x = table.detach().numpy().astype(np.float64)
    first, second = np.zeros_like(x), np.zeros_like(x)
    random = np.random.default_rng(0)
    for step in range(1, 7):
        gradient = random.normal(size=x.shape).astype(np.float32)
        share = 1 / step  # a schedule's
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        ahead = first / (1 - beta1**step)
        size = np.sqrt(second / (1 - beta2**step))
        x -= rate * share * ahead / (size + epsilon)
        for parameter in adamw.parameters:
            parameter.grad = torch.zeros_like(parameter)
        table.grad = torch.from_numpy(gradient)
        adamw.step(share)
    np.testing.assert_allclose(table.detach(), x, rtol=0, atol=1e-6)
    assert torch.equal(model.norm.weight, torch.ones(32))  # no decay


def test_adamw_is_torchs():
    """Beside torch.optim.AdamW, as it moves two tensors ten times."""
    torch.manual_seed(0)
    starts = [torch.randn(30, 8), torch.randn(8)]
    ours, theirs = (
        [start.clone().requires_grad_() for start in starts]
        for _ in range(2)
    )
    mine = AdamW(ours, 0.01)
    torchs = torch.optim.AdamW(
        theirs, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=True
    )
    for step in range(10):
        share = 1 / (1 + step)
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape)
            other.grad = one.grad.clone()
        mine.step(share)
        torchs.param_groups[0]["lr"] = 0.01 * share
        torchs.step()
    for one, other, start in zip(ours, theirs, starts, strict=True):
        assert torch.equal(one, other)
        assert not torch.equal(one, start)


@pytest.mark.parametrize(
    ("total", "warmup", "decay"),
    [(100, 10, 0.4), (50, 1, 1.0), (64, 16, 0.25), (40, 20, 0.5)],
)
def test_the_schedule_is_torchs_of_two_lines(recipe, total, warmup, decay):
    training = replace(
        recipe.training, tokens=total * 4 * 16, warmup_steps=warmup,
        decay_share=decay,
    )  # fmt: skip
    ours = replace(recipe, training=training)
    assert ours.num_steps == total
    anything = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([anything], lr=1.0)
    falling = round(total * decay)
    theirs = SequentialLR(
        optimizer,
        [
            LinearLR(optimizer, 1 / warmup, total_iters=warmup - 1),
            LinearLR(optimizer, 1.0, 0.0, total_iters=falling),
        ],
        milestones=[total - falling],
    )
    for step in range(total):
        wanted = optimizer.param_groups[0]["lr"]
        assert ours.learning_rate_share(step) == pytest.approx(wanted), step
        optimizer.step()
        theirs.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0)


def test_where_rise_and_fall_meet_the_lower_one_counts(recipe):
    """Of ten steps, six rise and all fall: by hand."""
    training = replace(
        recipe.training, tokens=10 * 4 * 16, warmup_steps=6,
        decay_share=1.0,
    )  # fmt: skip
    short = replace(recipe, training=training)
    shares = [short.learning_rate_share(step) for step in range(10)]
    assert shares == pytest.approx(
        [1 / 6, 2 / 6, 3 / 6, 4 / 6, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    )


def test_each_parameter_has_one_optimizer():
    config = ModelConfig(vocab_size=30, num_layers=2, width=32)
    model = Transformer(config)
    muon, adamw = make_optimizers(model, 0.02, 0.01, 0.95, 0.0)
    held = [[p for stack in muon.stacks for p in stack], adamw.parameters]
    matrices = {name for name, p in model.named_parameters()
                if any(p is q for q in held[0])}  # fmt: skip
    assert len(held[0]) == len(matrices) == 2 * 7
    assert "embedding.weight" not in matrices
    assert sum(map(len, held)) == len(list(model.parameters()))


def test_training_does_not_wait_for_torchs_compiler():
    """Torch's own optimizers bring it in, which takes a second."""
    program = (
        "import sys; from octavo.model import ModelConfig, Transformer; "
        "from octavo.training.optimizers import make_optimizers; "
        "config = ModelConfig(vocab_size=9, num_layers=1, width=64); "
        "make_optimizers(Transformer(config), 0.1, 0.1, 0.9, 0.0); "
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True
    )
    assert done.stdout.split() == [b"False"]
