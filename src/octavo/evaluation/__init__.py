"""Judging a model: bits per byte, and the n-grams that it must beat.

Beside them, imported where they are needed: `poetry`, the form of verse,
and `memorisation`, what is copied.
"""

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
