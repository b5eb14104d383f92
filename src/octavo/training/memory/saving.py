"""Saving in bfloat16: compute in float32, remember in half the room.

Most of a step's memory is what the way forward keeps for the way back. To
round it changes no loss, and gradients by about the rounding (Chakrabarti
and Moseley 2019, with fewer bits still).
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef


def saved_in(
    precision: str, model: nn.Module, least: int
) -> AbstractContextManager[object]:
    """Return the context in which autograd saves as a recipe says.

    What has at most `least` numbers is kept as it is.
    """
    if precision == "bfloat16-saved":
        return saved_tensors_hooks(Packer(model, least), unpack)
    return nullcontext()


class Packer:
    """Rounds what is saved, but what is small, no float, or the model's.

    Weights are kept anyway: a rounded copy would only cost. Sums, such as
    those of a norm or a softmax, are few and all else hangs on them.
    """

    def __init__(self, model: nn.Module, least: int) -> None:
        self.least = least
        kept = (*model.parameters(), *model.buffers())
        self.kept = {x.untyped_storage().data_ptr() for x in kept}
        # Three products that read the same tensor save the same copy. A
        # weak reference keeps an address from being used again.
        self.packed: dict[tuple[object, ...], Tensor] = {}

    def __call__(self, x: Tensor) -> Tensor:
        """Return what is kept of a tensor."""
        storage = x.untyped_storage()
        if (
            x.dtype != torch.float32
            or x.numel() <= self.least
            or storage.data_ptr() in self.kept
        ):
            return x
        weak = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
        place = x.storage_offset(), x.shape, x.stride()
        key = (weak, *place, x._version)
        if key not in self.packed:
            self.packed[key] = x.detach().bfloat16()
        return self.packed[key]


def unpack(x: Tensor) -> Tensor:
    """Return a tensor as those who saved it want it."""
    return x.float() if x.dtype == torch.bfloat16 else x
