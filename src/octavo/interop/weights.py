"""model.safetensors: a model's parameters, in one file or in several."""

import struct
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from octavo.foundation import UserError
from octavo.foundation.files import read_json
from octavo.interop.architectures import Architecture, architecture_of
from octavo.interop.names import pack, place_of, unpack, whole_names
from octavo.model import ModelConfig, Transformer

FILE = "model.safetensors"
INDEX = "model.safetensors.index.json"
FLOATS = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def weights_as_bytes(model: Transformer) -> bytes:
    """Return the parameters as a safetensors file, named as in config.json.

    A tied head is the embedding, and is written once.
    """
    ours = {
        name: parameter.detach().cpu()
        for name, parameter in model.named_parameters()
    }
    packed = pack(architecture_of(model.config), ours)
    tensors = {name: tensor.contiguous() for name, tensor in packed.items()}
    return safetensors.torch.save(tensors, metadata={"format": "pt"})


def load_weights(model: Transformer, path: Path) -> None:
    """Fill a model's parameters from a safetensors file, all or none."""
    kind = architecture_of(model.config)
    fill(model, fitted(kind, model.config, read_tensors(path), path))


def fill(model: Transformer, values: Mapping[str, Tensor]) -> None:
    """Give every parameter its value, as the type of number that it has."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(values[name])


def fitted(
    kind: Architecture,
    config: ModelConfig,
    stored: Mapping[str, Tensor],
    path: Path,
) -> dict[str, Tensor]:
    """Return a file's tensors by our names, checked against a config.

    Nothing is allocated for the model: a config that promises a giant is
    found out first. Raises UserError for a tensor that is missing, of
    another shape or type, or too many.
    """
    tensors = whole_names(kind, stored)
    last = f"blocks.{config.num_layers - 1}.mlp.down.weight"
    _require(place_of(kind, last).name, tensors, path)
    with torch.device("meta"):  # shapes without numbers
        draft = dict(Transformer(config).named_parameters())
    wanted = pack(kind, draft)
    for name, tensor in wanted.items():
        _require(name, tensors, path)
        _compare(name, tensors[name], tensor, path)
    if config.tied_head:
        _drop_tied_head(tensors, kind, path)
    if extra := sorted(set(tensors) - set(wanted)):
        raise UserError(
            f"{path} has a tensor {extra[0]!r} that config.json leaves no "
            "place for"
        )
    return {name: unpack(place_of(kind, name), tensors) for name in draft}


def _require(name: str, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Raise UserError unless a tensor is there."""
    if name not in tensors:
        raise UserError(
            f'{path} lacks the tensor "{name}", which config.json promises'
        )


def _compare(name: str, found: Tensor, wanted: Tensor, path: Path) -> None:
    """Raise UserError for a tensor of another shape, or not of floats."""
    if found.shape != wanted.shape:
        raise UserError(
            f'{path}: tensor "{name}" is {list(found.shape)}, and '
            f"config.json makes it {list(wanted.shape)}"
        )
    if found.dtype not in FLOATS:
        raise UserError(
            f'{path}: tensor "{name}" holds {found.dtype}; Octavo reads '
            "float64, float32, float16 and bfloat16"
        )


def _drop_tied_head(
    tensors: dict[str, Tensor], kind: Architecture, path: Path
) -> None:
    """Drop a head that some writers repeat; it must be the embedding."""
    table = tensors[place_of(kind, "embedding.weight").name]
    name = place_of(kind, "head.weight").name
    head = tensors.pop(name, table)
    if not torch.equal(head, table):
        raise UserError(
            f'{path}: tensor "{name}" differs from the embedding, to which '
            "config.json ties it"
        )


def weight_files(folder: Path) -> list[Path]:
    """Return a folder's weights: one file, or all that its index names."""
    index = folder / INDEX
    if (folder / FILE).is_file() or not index.is_file():
        return [folder / FILE]
    content = read_json(index)
    names = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(names, dict) or not names:
        raise UserError(f'{index} has no "weight_map": the file is damaged')
    for name in names.values():
        if not isinstance(name, str) or Path(name).name != name:
            raise UserError(
                f"{index} names {name!r}, which is no file beside it"
            )
    return [folder / name for name in sorted(set(names.values()))]


def read_tensors(*paths: Path) -> dict[str, Tensor]:
    """Read safetensors files; damage is a UserError that names the file."""
    tensors: dict[str, Tensor] = {}
    for path in paths:
        if not path.is_file():
            raise UserError(
                f"{path} does not exist: the folder is incomplete"
            )
        try:
            found = safetensors.torch.load_file(path)
        except (SafetensorError, struct.error, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path} is damaged: {reason}") from error
        if twice := sorted(set(tensors) & set(found)):
            raise UserError(
                f"{path} has the tensor {twice[0]!r} that another file of "
                "the folder has too"
            )
        tensors |= found
    return tensors
