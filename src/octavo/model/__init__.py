"""The transformer: single-device PyTorch, read in one sitting.

Read in this order: config, positions, norm, cache, attention, block,
transformer.
"""

from octavo.model.attention import (
    Attention,
    causal_mask,
    fused_causal_attention,
    scaled_dot_product_attention,
)
from octavo.model.block import GELU, Block, SwiGLU
from octavo.model.cache import Cache
from octavo.model.config import ModelConfig
from octavo.model.norm import RMSNorm, make_norm
from octavo.model.positions import (
    PositionEmbedding,
    Rotary,
    rotary_angles,
    rotate,
    sinusoids,
)
from octavo.model.transformer import Transformer

__all__ = [
    "GELU",
    "Attention",
    "Block",
    "Cache",
    "ModelConfig",
    "PositionEmbedding",
    "RMSNorm",
    "Rotary",
    "SwiGLU",
    "Transformer",
    "causal_mask",
    "fused_causal_attention",
    "make_norm",
    "rotary_angles",
    "rotate",
    "scaled_dot_product_attention",
    "sinusoids",
]
