"""Choosing the next token from the scores of all of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from octavo.foundation import UserError


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is drawn.

    `temperature` below 1 sharpens the choice, above 1 flattens it, and 0
    always takes the likeliest. `top_k` keeps that many of the likeliest (0:
    all). `top_p` keeps the fewest whose probabilities reach it (Holtzman et
    al. 2020). Raises UserError for values outside their range.
    """

    temperature: float = 0.8
    top_k: int = 50
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise UserError(
                f"temperature is {self.temperature}; it must be 0 or above"
            )
        if self.top_k < 0:
            raise UserError(
                f"top_k is {self.top_k}; it must be 0 (all) or above"
            )
        if not 0 < self.top_p <= 1:
            raise UserError(
                f"top_p is {self.top_p}; it must be above 0 and at most 1"
            )


def choose(
    logits: Tensor, sampling: Sampling, generator: torch.Generator
) -> int:
    """Draw one id by its score in `logits` (V,)."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    # In double precision, and below zero, no temperature is too small.
    logits = (logits.double() - logits.max()) / sampling.temperature
    if 0 < sampling.top_k < logits.numel():
        smallest = logits.topk(sampling.top_k).values[-1]
        logits = logits.masked_fill(logits < smallest, float("-inf"))
    if sampling.top_p < 1:
        logits = _keep_nucleus(logits, sampling.top_p)
    probabilities = logits.softmax(dim=-1).float()
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _keep_nucleus(logits: Tensor, top_p: float) -> Tensor:
    """Drop the tail behind the likeliest ids that together reach top_p."""
    ordered, order = logits.sort(descending=True, stable=True)
    probabilities = ordered.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    dropped = order[1:][before[1:] >= top_p]  # the first always stays
    return logits.index_fill(0, dropped, float("-inf"))
