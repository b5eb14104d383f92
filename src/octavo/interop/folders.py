"""Model folders: the ones that Hugging Face reads and writes are ours too.

A folder holds `config.json`, `model.safetensors` and the tokenizer, so a
prompt can never meet the wrong vocabulary.
"""

from pathlib import Path
from typing import Any

import torch

from octavo.foundation import UserError
from octavo.foundation.files import write_bytes, write_json, write_text
from octavo.interop.architectures import why_own
from octavo.interop.configs import describe, read_config
from octavo.interop.weights import (
    FILE,
    INDEX,
    fill,
    fitted,
    read_tensors,
    weight_files,
    weights_as_bytes,
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


def save_model(
    model: Transformer, folder: Path | str, allow_own: bool = False
) -> None:
    """Write `config.json` and `model.safetensors` into a folder.

    The folder is a Qwen3, Llama or GPT-2 model, whichever the config is.
    Raises UserError for one that is none of them: with `allow_own` it is
    written all the same, in a shape that only `load_model` reads.
    """
    folder = Path(folder)
    if not allow_own and (reason := why_own(model.config)):
        raise UserError(
            f"{reason}; save_model(..., allow_own=True) writes a folder "
            "that only Octavo reads"
        )
    write_json(folder / "config.json", describe(model.config))
    write_bytes(folder / FILE, weights_as_bytes(model))


def load_model(folder: Path | str) -> Transformer:
    """Read a model folder; the model is ready for inference, in float32.

    Torch's random state is left as it was.
    Raises UserError naming the file, and the key or the tensor with both
    shapes, for anything that is missing, damaged or not understood.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder with a model in it")
    kind, config = read_config(folder / "config.json")
    files = weight_files(folder)
    where = files[0] if len(files) == 1 else folder / INDEX
    values = fitted(kind, config, read_tensors(*files), where)
    with torch.random.fork_rng(devices=[]):
        model = Transformer(config)  # it draws weights, in vain
    fill(model, values)
    return model.eval()


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
    save_generation_config(tokenizer, folder)


def save_generation_config(
    tokenizer: Tokenizer, folder: Path, turn: int | None = None
) -> None:
    """Write how a model likes to be sampled, and at which ids it ends.

    One is the end of a text. A model that answers also has one for the end
    of its turn.
    """
    content: dict[str, Any] = {
        "do_sample": True,
        "temperature": 0.8,
        "top_k": 50,
    }
    end = tokenizer.end_of_text
    if end is not None:
        ends = end if turn is None else [turn, end]
        content |= {"eos_token_id": ends, "pad_token_id": end}
    write_json(folder / "generation_config.json", content)
