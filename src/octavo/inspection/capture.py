"""Seeing attention: who looks at whom, and how much.

The fused kernel that training uses never stores its weights. So a watch is
set on the kernel: it notes the queries, keys and values that really reach
it, and the five-line reference makes the weights of them. Nothing in
`model/` has to know, and no arithmetic is written twice.

Shapes: L layers, B batch, H heads, G key-value heads, T time, K head width.
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
    """What went into one layer's attention, and what came out."""

    query: Tensor  # (B, H, T, K)
    key: Tensor  # (B, G, T, K)
    value: Tensor  # (B, G, T, K)
    mixed: Tensor  # (B, H, T, K)

    @property
    def weights(self) -> Tensor:
        """How much each token takes from each: (B, H, T, T), rows sum to 1.

        Values that are the rows of the identity matrix show the weights
        themselves when they are mixed.
        """
        *_, heads, time, _ = self.query.shape
        key = self.key.repeat_interleave(heads // self.key.shape[1], dim=1)
        identity = torch.eye(time).to(key).expand(*key.shape[:2], -1, -1)
        mask = causal_mask(time, time).to(key.device)
        return scaled_dot_product_attention(self.query, key, identity, mask)


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


def as_batch(model: Transformer, ids: list[int]) -> Tensor:
    """Return a text as a batch of one, (1, T), where the model is."""
    if not ids:
        raise UserError("the text is empty: give at least one token")
    return torch.tensor([ids]).to(model.embedding.weight.device)


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
    with at_rest(model), KernelWatch() as watch:
        model(as_batch(model, ids))
    mixings: list[Mixing] = watch.mixings
    assert len(mixings) == model.config.num_layers
    return mixings


def attention_weights(model: Transformer, ids: list[int]) -> Tensor:
    """Return the weights of every layer and head: (L, H, T, T), float32."""
    with torch.inference_mode():
        return torch.stack(
            [
                mixing.weights[0].float().cpu()
                for mixing in watch_attention(model, ids)
            ]
        )
