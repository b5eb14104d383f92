"""The transformer: single-device PyTorch, read in one sitting.

Read in this order: config, positions, norm, cache, attention, block,
transformer.
"""

from octavo.model.attention import (
    causal_mask,
    scaled_dot_product_attention,
)
from octavo.model.block import Block, SwiGLU
from octavo.model.cache import Cache
from octavo.model.config import ModelConfig
from octavo.model.norm import RMSNorm
from octavo.model.positions import rotary_angles, rotate
from octavo.model.transformer import Transformer

__all__ = [
    "Block",
    "Cache",
    "ModelConfig",
    "RMSNorm",
    "SwiGLU",
    "Transformer",
    "causal_mask",
    "rotary_angles",
    "rotate",
    "scaled_dot_product_attention",
]
