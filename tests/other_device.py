"""A second device for tests: the CPU itself, behind a door.

Its tensors say that they live elsewhere, and refuse to be mixed with the
CPU's, as those of a real accelerator do. The CPU computes all the same, so
that values can be compared; `spoiled` makes one operator wrong in silence,
which real accelerators have been seen to be.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import (
    TorchDispatchMode,
    return_and_correct_aliasing,
)
from torch.utils._pytree import tree_leaves, tree_map_only

# The one name besides "cpu" that torch knows on every machine.
NAME = "meta"
MATH = 0  # the kernel of attention that is made of single operators
aten = torch.ops.aten
MOVES = (aten._to_copy.default, aten.copy_.default)
Spoiler = Callable[[Tensor], Tensor]


class Elsewhere(Tensor):
    """A tensor that lives on the other device."""

    inner: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: Tensor) -> "Elsewhere":
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            inner.stride(),
            inner.storage_offset(),
            dtype=inner.dtype,
            device=NAME,
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise RuntimeError(f"{func} was called when the device had gone")


class OtherDevice(TorchDispatchMode):
    """While it is entered, there is another device."""

    def __init__(self) -> None:
        super().__init__()
        self.spoilers: dict[object, Spoiler] = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Stand in for torch wherever an operator is called."""
        kwargs = kwargs or {}
        if func is aten._fused_sdp_choice.default:
            return MATH
        if func._can_decompose():  # whole in inference mode alone
            with self:
                return func.decompose(*args, **kwargs)
        # Views of what is made in inference mode would not be allowed.
        with torch.inference_mode(False), torch.no_grad():
            return self.follow(func, args, kwargs)

    def follow(self, func, args, kwargs):
        """Compute where the tensors are, or where it is asked for."""
        tensors = [
            leaf
            for leaf in tree_leaves((args, kwargs))
            if isinstance(leaf, Tensor)
        ]
        away = any(isinstance(tensor, Elsewhere) for tensor in tensors)
        if away and func not in MOVES:
            refuse_mixing(func, tensors)
        if kwargs.get("device") is not None:
            away = torch.device(kwargs["device"]).type == NAME
        out = compute(func, args, kwargs)
        if not away:
            return out
        out = self.spoilers.get(func, lambda right: right)(out)
        out = tree_map_only(Tensor, Elsewhere, out)
        return return_and_correct_aliasing(func, args, kwargs, out)

    @contextmanager
    def spoiled(self, operator: object, spoil: Spoiler) -> Iterator[None]:
        """Let the device get one operator wrong, without an error."""
        self.spoilers[operator] = spoil
        try:
            yield
        finally:
            del self.spoilers[operator]


def compute(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Do it on the CPU."""
    if kwargs.get("device") is not None:
        kwargs = kwargs | {"device": "cpu"}
    args, kwargs = tree_map_only(
        Elsewhere, lambda tensor: tensor.inner, (args, kwargs)
    )
    return func(*args, **kwargs)


def refuse_mixing(func: Any, tensors: list[Tensor]) -> None:
    """Raise as torch does when the tensors of a call are apart.

    A single number from the CPU goes everywhere.
    """
    for tensor in tensors:
        if not isinstance(tensor, Elsewhere) and tensor.dim():
            raise RuntimeError(
                f"{func}: expected all tensors to be on the same device, "
                f"but found {NAME} and cpu"
            )
