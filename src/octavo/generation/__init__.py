"""Sampling and the generate loop."""

from octavo.generation.generate import generate, tail_length
from octavo.generation.memory import Memory
from octavo.generation.sampling import Sampling, choose

__all__ = ["Memory", "Sampling", "choose", "generate", "tail_length"]
