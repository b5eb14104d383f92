"""Sampling and the generate loop."""

from octavo.generation.generate import generate, tail_length
from octavo.generation.sampling import Sampling, choose

__all__ = ["Sampling", "choose", "generate", "tail_length"]
