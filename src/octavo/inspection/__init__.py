"""Looking inside: parts, shapes, and attention drawn.

Read in this order: capture, labels, parts, shapes, evolution, pictures,
page.
"""

from octavo.inspection.capture import attention_weights
from octavo.inspection.evolution import (
    AttentionRecord,
    Evolution,
    Sentence,
)

__all__ = [
    "AttentionRecord",
    "Evolution",
    "Sentence",
    "attention_weights",
]
