"""Model folders: the ones that Hugging Face reads and writes are ours too.

A folder holds `config.json`, `model.safetensors` and the tokenizer, so a
prompt can never meet the wrong vocabulary.
"""

import struct
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from octavo.foundation import UserError
from octavo.foundation.files import (
    read_json,
    write_bytes,
    write_json,
    write_text,
)
from octavo.interop.names import (
    foreign_name,
    from_foreign_config,
    to_foreign_config,
)
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' "
    "+ message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}"
    "{% endif %}"
)


def save_model(model: Transformer, folder: Path | str) -> None:
    """Write `config.json` and `model.safetensors` into a folder."""
    folder = Path(folder)
    write_json(folder / "config.json", to_foreign_config(model.config))
    write_bytes(folder / "model.safetensors", weights_as_bytes(model))


def weights_as_bytes(model: Transformer) -> bytes:
    """Return the parameters as a safetensors file with foreign names.

    A tied head is the embedding, and is written once.
    """
    tensors = {
        foreign_name(name): parameter.detach().cpu().contiguous()
        for name, parameter in model.named_parameters()
    }
    return safetensors.torch.save(tensors, metadata={"format": "pt"})


def load_model(folder: Path | str) -> Transformer:
    """Read a model folder; the model is ready for inference.

    Raises UserError naming the file, and the key or the tensor with both
    shapes, for anything that is missing, damaged or not understood.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder with a model in it")
    content = read_json(folder / "config.json")
    if not isinstance(content, dict):
        raise UserError(f"{folder / 'config.json'} is no JSON object")
    config = from_foreign_config(content, folder / "config.json")
    model = Transformer(config)
    load_weights(model, folder / "model.safetensors")
    return model.eval()


def load_weights(model: Transformer, path: Path) -> None:
    """Fill a model's parameters from a safetensors file, all or none."""
    tensors = read_tensors(path)
    wanted = {
        foreign_name(name): parameter
        for name, parameter in model.named_parameters()
    }
    if model.config.tied_head:
        tensors.pop("lm_head.weight", None)  # some writers repeat it
    for name, parameter in wanted.items():
        if name not in tensors:
            raise UserError(f'{path} lacks the tensor "{name}"')
        if tensors[name].shape != parameter.shape:
            raise UserError(
                f'{path}: tensor "{name}" is {list(tensors[name].shape)}, '
                f"and config.json makes it {list(parameter.shape)}"
            )
    if extra := sorted(set(tensors) - set(wanted)):
        raise UserError(
            f'{path} has a tensor "{extra[0]}" that config.json leaves no '
            "place for"
        )
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(tensors[name])


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; damage is a UserError that names it."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: the folder is incomplete")
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, struct.error, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path} is damaged: {reason}") from error


def save_tokenizer(
    tokenizer: Tokenizer, folder: Path | str, context: int
) -> None:
    """Write the tokenizer's files, as transformers expects them.

    `PreTrainedTokenizerFast` is named because transformers would otherwise
    take the model type's own class, with other pre-tokenization.
    """
    folder = Path(folder)
    tokenizer.save(folder / "tokenizer.json")
    special = tokenizer.special_tokens
    names = {
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
    }
    chat = "<|im_start|>" in special
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "model_max_length": context,
            **{k: v for k, v in names.items() if v in special},
            **({"chat_template": CHAT_TEMPLATE} if chat else {}),
        },
    )
    if chat:
        write_text(folder / "chat_template.jinja", CHAT_TEMPLATE)
    end = tokenizer.end_of_text
    write_json(
        folder / "generation_config.json",
        {
            "do_sample": True,
            "temperature": 0.8,
            "top_k": 50,
            **(
                {}
                if end is None
                else {"eos_token_id": end, "pad_token_id": end}
            ),
        },
    )
