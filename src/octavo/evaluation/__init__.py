"""Judging a model: bits per byte, and the n-grams that it must beat."""

from octavo.evaluation.ngrams import NgramModel
from octavo.evaluation.score import (
    Score,
    batched_windows,
    score_model,
    score_ngrams,
    stretches,
    window_nats,
    windows,
)

__all__ = [
    "NgramModel",
    "Score",
    "batched_windows",
    "score_model",
    "score_ngrams",
    "stretches",
    "window_nats",
    "windows",
]
