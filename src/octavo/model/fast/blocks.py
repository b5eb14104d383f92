"""Small models' blocks, with all of their gradients by hand.

A block is a hundred small operations, and autograd's way back two hundred.
Where a tensor has some hundred thousand numbers, a processor spends as long
between them as in them. Here queries, keys and values are one product, and
so are both sides of the gate.

Shapes: B batch, T time, D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from jaxtyping import Float
from torch import Tensor

from octavo.model.block import Block, SwiGLU
from octavo.model.cache import LayerCache
from octavo.model.config import ModelConfig
from octavo.model.fast.mixing import mix
from octavo.model.fast.thinking import think
from octavo.model.fast.where import trains_on_cpu
from octavo.model.norm import RMSNorm
from octavo.model.positions import Rotation
from octavo.model.transformer import Transformer

LARGEST = 2**18  # numbers in the stream: with more it no longer pays


def take_over(model: Transformer, tokens: int) -> None:
    """Let blocks be trained by hand, if that pays for so many tokens."""
    if model.config.width * tokens > LARGEST or not known(model.config):
        return
    for block in model.blocks:
        if isinstance(block, Block):
            vars(block)["forward"] = partial(forward_by_hand, block)


@contextmanager
def given_back(model: Transformer) -> Iterator[None]:
    """Let all modules of a model work (and be watched) for a while."""
    taken = [
        block
        for block in model.blocks
        if isinstance(vars(block).get("forward"), partial)
    ]
    hands = [vars(block).pop("forward") for block in taken]
    try:
        yield
    finally:
        for block, hand in zip(taken, hands, strict=True):
            vars(block)["forward"] = hand


def known(config: ModelConfig) -> bool:
    """Say whether a block is of the shape that is written out here."""
    return (
        config.positions == "rotary"
        and config.qk_norm
        and not config.bias
        and not config.dropout
        and config.num_heads == config.num_kv_heads
    )


def forward_by_hand(
    block: Block,
    x: Float[Tensor, "B T D"],
    rotation: Rotation | None = None,
    cache: LayerCache | None = None,
    lengths: Sequence[int] | None = None,
) -> Float[Tensor, "B T D"]:
    """Do what `block.forward` does, with gradients by hand."""
    before, after, mlp = block.attention_norm, block.mlp_norm, block.mlp
    if (
        cache is not None
        or rotation is None
        or lengths is not None
        or not trains_on_cpu(x)
        or not isinstance(before, RMSNorm)
        or not isinstance(after, RMSNorm)
        or not isinstance(mlp, SwiGLU)
    ):
        return Block.forward(block, x, rotation, cache, lengths)
    x = mix(x, before, block.attention, rotation)
    return think(x, after, mlp)
