"""Seeing attention: who looks at whom, and how much.

The fused kernel that training uses never stores its weights. So a watch is
set on the kernel: it notes the queries, keys and values that really reach
it, and the five-line reference makes the weights of them. Nothing in
`model/` has to know, and no arithmetic is written twice.

Shapes: L layers, B batch, H heads, T time, K head width.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from octavo.foundation import UserError
from octavo.model import (
    Transformer,
    causal_mask,
    scaled_dot_product_attention,
)


@dataclass(frozen=True, kw_only=True)
class Mixing:
    """What went into one layer's attention, and what came out.

    Key-value heads that serve a group of queries are repeated here.
    """

    query: Tensor  # (B, H, T, K)
    key: Tensor  # (B, H, T, K)
    value: Tensor  # (B, H, T, K)
    mixed: Tensor  # (B, H, T, K)

    @property
    def weights(self) -> Tensor:
        """How much each token takes from each: (B, H, T, T), rows sum to 1.

        Values that are the rows of the identity matrix show the weights
        themselves when they are mixed.
        """
        time = self.query.shape[-2]
        mask = causal_mask(time, time).to(self.query.device)
        identity = torch.eye(time).to(self.query)
        return scaled_dot_product_attention(
            self.query, self.key, identity, mask
        )


class KernelWatch(TorchFunctionMode):
    """Notes every call of the attention kernel, in the order of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.mixings: list[Mixing] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Let torch do what it does; keep what the kernel was given."""
        result = func(*args, **(kwargs or {}))
        if func is functional.scaled_dot_product_attention:
            query, key, value, *_ = args
            self.mixings.append(
                Mixing(query=query, key=key, value=value, mixed=result)
            )
        return result


@contextmanager
def at_rest(model: Transformer) -> Iterator[None]:
    """Look at a model without dropout or gradients; leave it as it was."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)


def watch_attention(model: Transformer, ids: list[int]) -> list[Mixing]:
    """Run a model on one text; return each layer's attention.

    No random number is drawn: training goes on as if nobody had looked.
    Raises UserError for an empty text and for one beyond the context.
    """
    if not ids:
        raise UserError("the text is empty: give at least one token")
    device = model.embedding.weight.device
    with at_rest(model), KernelWatch() as watch:
        model(torch.tensor([ids], device=device))
    assert len(watch.mixings) == model.config.num_layers
    return watch.mixings


def attention_weights(model: Transformer, ids: list[int]) -> Tensor:
    """Return the weights of every layer and head: (L, H, T, T), float32."""
    with torch.inference_mode():
        return torch.stack(
            [
                mixing.weights[0].float().cpu()
                for mixing in watch_attention(model, ids)
            ]
        )
