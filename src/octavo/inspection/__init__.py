"""Looking inside: parts, shapes, and attention drawn.

Read in this order: parts, shapes, capture, guesses, labels, evolution; then
what draws, imported where it is needed: pictures, film, page, writing.
"""

from octavo.inspection.capture import attention_weights
from octavo.inspection.evolution import (
    AttentionRecord,
    Evolution,
    Sentence,
)
from octavo.inspection.guesses import guesses
from octavo.inspection.labels import token_labels
from octavo.inspection.parts import Part, list_parts
from octavo.inspection.shapes import Step, letter_sizes, list_shapes

__all__ = [
    "AttentionRecord",
    "Evolution",
    "Part",
    "Sentence",
    "Step",
    "attention_weights",
    "guesses",
    "letter_sizes",
    "list_parts",
    "list_shapes",
    "token_labels",
]
