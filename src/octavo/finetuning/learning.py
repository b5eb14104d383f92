"""Learning from a pack: the loss is that of the trained tokens alone.

Shapes: N tokens in a row, M of them trained, D width, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from octavo.finetuning.packing import UNTRAINED
from octavo.model import Transformer
from octavo.training.backends import TorchBackend
from octavo.training.memory.precision import products_in
from octavo.training.memory.saving import saved_in

ROUND = 256  # the head is asked at so many places, or twice as many, ...


def trained_loss(
    model: Transformer, inputs: Tensor, targets: Tensor, lengths: list[int]
) -> Tensor:
    """Return the mean loss over the trained tokens of a pack."""
    return trained_losses(model, inputs, targets, lengths).mean()


def trained_losses(
    model: Transformer,
    inputs: Tensor,
    targets: Tensor,
    lengths: list[int],
    temperature: float = 1.0,
) -> Tensor:
    """Return the loss (M,) of each trained token of a pack.

    The model reads everything, and the head is asked only where there is
    something to learn: M of N tokens. What was drawn at a temperature was
    as likely as it is at that temperature.
    """
    trained = (targets[0] != UNTRAINED).nonzero().flatten()  # (M,)
    few = functional.pad(trained, (0, -len(trained) % ROUND))
    hidden = model.hidden(inputs, lengths=lengths)[0, few]
    logits = model.head(hidden)[: len(trained)].float()  # (M, V)
    right = targets[0, trained]
    return functional.cross_entropy(
        logits / temperature, right, reduction="none"
    )


def shares(targets: Tensor, lengths: Sequence[int]) -> Tensor:
    """Return each trained token's share (M,) of what a step learns.

    As a mean of tokens, a sonnet would count as much as twenty short
    answers; as a mean of conversations, a word of it nearly nothing. So
    each conversation counts by the square root of its trained tokens.

    >>> shares(torch.tensor([[7, UNTRAINED, 1, 2, 3, 4]]), [2, 4])
    tensor([0.3333, 0.1667, 0.1667, 0.1667, 0.1667])
    """
    trained = targets[0] != UNTRAINED  # (N,)
    counts = torch.stack(
        [part.sum() for part in torch.split(trained, list(lengths))]
    )
    every = (
        counts.clamp_min(1)
        .rsqrt()
        .repeat_interleave(torch.tensor(lengths))[trained]
    )
    return every / every.sum()


class PackBackend(TorchBackend):
    """PyTorch, as for any text, but on packs."""

    temperature = 1.0

    def loss(
        self,
        inputs: Tensor,
        targets: Tensor,
        lengths: list[int] | None = None,
    ) -> float:
        """Return a pack's mean loss; keep the gradients for `step`."""
        assert lengths is not None
        losses = self.losses(inputs, targets, lengths)
        share = shares(targets, lengths).to(losses.device)
        (share * losses).sum().backward()  # type: ignore[no-untyped-call]
        return losses.mean().item()

    def losses(
        self, inputs: Tensor, targets: Tensor, lengths: list[int]
    ) -> Tensor:
        """Return the loss (M,) of each trained token, to go back from."""
        model, device = self.model, self.device
        sums = inputs.numel() * model.config.num_heads
        model.zero_grad()
        with (
            products_in(self.precision, device),
            saved_in(self.precision, model, sums),
        ):
            return trained_losses(
                model,
                inputs.to(device),
                targets.to(device),
                lengths,
                self.temperature,
            )
