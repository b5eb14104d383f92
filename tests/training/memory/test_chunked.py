"""The loss in chunks, beside torch's own on all logits."""

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from octavo.training.memory.chunked import chunked_cross_entropy

TOKENS, WIDTH, VOCABULARY = 23, 6, 50


class Largest(TorchDispatchMode):
    """Notes the most numbers that any tensor had while it watched."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for x in out if isinstance(out, tuple | list) else [out]:
            if isinstance(x, torch.Tensor):
                self.numbers = max(self.numbers, x.numel())
        return out


def drawn() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(2)
    hidden = torch.randn(TOKENS, WIDTH, generator=generator)
    head = torch.randn(VOCABULARY, WIDTH, generator=generator)
    targets = torch.randint(VOCABULARY, (TOKENS,), generator=generator)
    return hidden.requires_grad_(), head.requires_grad_(), targets


@pytest.mark.parametrize("chunk", [1, 4, TOKENS, 10**9])
def test_it_is_torchs_loss_with_torchs_gradients(chunk):
    hidden, head, targets = drawn()
    whole = functional.cross_entropy(hidden @ head.T, targets)
    right = torch.autograd.grad(3 * whole, (hidden, head))
    loss = chunked_cross_entropy(hidden, head, targets, chunk)
    found = torch.autograd.grad(3 * loss, (hidden, head))
    torch.testing.assert_close(loss, whole)
    torch.testing.assert_close(found, right)


def test_a_score_of_a_thousand_overflows_nothing():
    _, head, targets = drawn()
    hidden = torch.full((TOKENS, WIDTH), 1000.0, requires_grad=True)
    whole = functional.cross_entropy(hidden @ head.T, targets)
    loss = chunked_cross_entropy(hidden, head, targets, 4)
    torch.testing.assert_close(loss, whole)
    loss.backward()
    assert hidden.grad.isfinite().all()


def test_a_loss_that_is_no_number_stays_none():
    hidden, head, targets = drawn()
    with torch.no_grad():
        hidden[7, 0] = float("nan")
    assert chunked_cross_entropy(hidden, head, targets, 4).isnan()


def test_no_more_logits_are_held_than_a_chunk_has():
    hidden, head, targets = drawn()
    with Largest() as largest:
        chunked_cross_entropy(hidden, head, targets, 7).backward()
    assert largest.numbers == 7 * VOCABULARY < TOKENS * VOCABULARY
    with Largest() as largest:
        functional.cross_entropy(hidden @ head.T, targets).backward()
    assert largest.numbers == TOKENS * VOCABULARY
