"""Activation checkpointing: compute twice what would be kept.

A block's gradients need what it computed on the way forward: some fifteen
numbers for each one that goes in. Keep only what went in, compute the block
again when its gradients' turn comes, and a layer more costs a fifteenth of
the memory, for one more forward pass (Chen et al. 2016).
"""

from functools import partial

from torch.utils.checkpoint import checkpoint

from octavo.model import Transformer


def checkpoint_blocks(model: Transformer) -> None:
    """Let each block of a model keep nothing but what goes into it.

    The second pass draws the same dropout as the first, so gradients are
    the same to the last bit. Who wants no gradients is not concerned.
    """
    for block in model.blocks:
        again = partial(checkpoint, block.forward, use_reentrant=False)
        block.forward = again
