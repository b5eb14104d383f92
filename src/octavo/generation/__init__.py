"""Sampling and the generate loop."""

from octavo.generation.generate import generate, tail_length
from octavo.generation.memory import Memory
from octavo.generation.sampling import Sampling, choose
from octavo.generation.together import generate_together

__all__ = [
    "Memory",
    "Sampling",
    "choose",
    "generate",
    "generate_together",
    "tail_length",
]
