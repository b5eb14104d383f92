"""What Hugging Face calls our parameters, and how it lays them out."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from octavo.interop.architectures import GPT2, OCTAVO, Architecture

FUSED = ("attention.query", "attention.key", "attention.value")
# What old files hold beside the parameters: masks and angles, computed.
BUFFERS = r"(h\.\d+\.attn\.(masked_)?bias|.*rotary_emb\.inv_freq)$"


class Place(NamedTuple):
    """Where one of our parameters stands in a foreign file."""

    name: str
    transposed: bool = False  # GPT-2's matrices map columns, not rows
    part: int | None = None  # of three that GPT-2 keeps in one tensor


def place_of(kind: Architecture, name: str) -> Place:
    """Return the place of one of our parameters.

    >>> tuple(place_of(GPT2, "blocks.3.attention.key.weight"))
    ('transformer.h.3.attn.c_attn.weight', True, 1)
    """
    if kind is OCTAVO:
        return Place(name)
    owner, _, what = name.rpartition(".")
    layer = (re.findall(r"\.(\d+)\.", owner) or [""])[0]
    template = owner.replace(f".{layer}.", ".#.")
    foreign = kind.parameters[template].replace("#", layer)
    inside = template.removeprefix("blocks.#.")
    linear = inside.startswith(("attention.", "mlp."))
    return Place(
        name=f"{foreign}.{what}",
        transposed=kind is GPT2 and linear and what == "weight",
        part=FUSED.index(inside)
        if kind is GPT2 and inside in FUSED
        else None,
    )


def pack(
    kind: Architecture, parameters: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return our parameters as an architecture names and lays them out.

    Queries, keys and values come in this order, which is their parts'.
    """
    parts: dict[tuple[str, bool], list[Tensor]] = defaultdict(list)
    for name, parameter in parameters.items():
        place = place_of(kind, name)
        parts[place.name, place.transposed].append(parameter)
    packed = {}
    for (name, transposed), tensors in parts.items():
        whole = torch.cat(tensors) if len(tensors) > 1 else tensors[0]
        packed[name] = whole.T if transposed else whole
    return packed


def unpack(place: Place, tensors: Mapping[str, Tensor]) -> Tensor:
    """Return the parameter that stands at a place: `pack` undone."""
    tensor = tensors[place.name]
    tensor = tensor.T if place.transposed else tensor
    return tensor if place.part is None else tensor.chunk(3)[place.part]


def whole_names(
    kind: Architecture, tensors: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return a file's tensors without buffers, and under their full names.

    Files of a model without its head leave out what all names begin with.
    """
    parameters = {
        name: tensor
        for name, tensor in tensors.items()
        if not re.search(BUFFERS, name)
    }
    prefix = kind.parameters.get("norm", "").partition(".")[0] + "."
    if kind is OCTAVO or any(name.startswith(prefix) for name in tensors):
        return parameters
    head = "lm_head.weight"
    return {
        name if name == head else prefix + name: tensor
        for name, tensor in parameters.items()
    }
