"""The shape and the meaning of every tensor on a sentence's way through.

The tensors are those of a real pass, caught where they come out. The
letters of the table below must give their shapes, or an assertion fails.

Shapes: B batch, T time, D width, H heads, G key-value heads, K head width,
F width inside the network, V vocabulary, L blocks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from octavo.inspection.capture import KernelWatch, as_batch, at_rest
from octavo.model import Block, ModelConfig, Transformer

BEFORE = (
    ("ids", "B T", "the text, as numbers of tokens"),
    ("embedding", "B T D", "a vector for each token"),
    ("position_embedding", "T D", "a vector for each place, added"),
    ("rotary", "T K/2", "an angle for each place and pair"),
)
IN_BLOCK = (
    ("attention_norm", "B T D", "every vector brought to one size"),
    ("attention.query", "B T HK", "what each token looks for"),
    ("attention.key", "B T GK", "what each token can be found by"),
    ("attention.value", "B T GK", "what each token has to give"),
    ("attention.query_norm", "B H T K", "queries by head, at one size"),
    ("attention.key_norm", "B G T K", "keys by head, at one size"),
    ("query", "B H T K", "queries by head, ready to match"),
    ("key", "B G T K", "keys by head, ready to be matched"),
    ("value", "B G T K", "values by head"),
    ("weights", "B H T T", "who looks at whom; rows sum to 1"),
    ("mixed", "B H T K", "the values, mixed by the weights"),
    ("attention.output", "B T D", "what the heads found, joined"),
    ("x + attention", "B T D", "the stream, with that added to it"),
    ("mlp_norm", "B T D", "every vector brought to one size"),
    ("mlp.gate", "B T F", "what may pass"),
    ("mlp.up", "B T F", "each token's room to think"),
    ("mlp.down", "B T D", "the thought, written back"),
    ("x + mlp", "B T D", "the stream, with that added to it"),
)
AFTER = (
    ("norm", "B T D", "every vector brought to one size"),
    ("head", "B T V", "a score for every next token"),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One tensor: where it is, its name, its shape twice, its meaning."""

    where: str  # "before", "block" (the first stands for all) or "after"
    tensor: str
    letters: str
    shape: tuple[int, ...]
    meaning: str


def list_shapes(model: Transformer, ids: list[int]) -> list[Step]:
    """Return every tensor that a text of T ids becomes, in order."""
    found = catch_tensors(model, ids)
    sizes = letter_sizes(model.config, len(ids))
    steps = []
    for where, table in (
        ("before", BEFORE),
        ("block", IN_BLOCK),
        ("after", AFTER),
    ):
        for name, letters, meaning in table:
            if name not in found:
                continue
            shape = tuple(sizes[letter] for letter in letters.split())
            assert shape == found[name].shape, name
            steps.append(
                Step(
                    where=where,
                    tensor=name,
                    letters=letters,
                    shape=shape,
                    meaning=meaning,
                )
            )
    return steps


def letter_sizes(config: ModelConfig, time: int) -> dict[str, int]:
    """Return what each letter stands for."""
    heads, groups = config.num_heads, config.num_kv_heads
    width = config.head_width
    return {
        "B": 1,
        "T": time,
        "D": config.width,
        "H": heads,
        "G": groups,
        "K": width,
        "HK": heads * width,
        "GK": groups * width,
        "K/2": width // 2,
        "F": config.mlp_width,
        "V": config.vocab_size,
        "L": config.num_layers,
    }


def catch_tensors(model: Transformer, ids: list[int]) -> dict[str, Tensor]:
    """Return the tensors of a pass by name; of the blocks, the first's."""
    batch = as_batch(model, ids)
    with at_rest(model), KernelWatch() as watch, catching(model) as found:
        model(batch)
        first = watch.mixings[0]
        return found | {
            "ids": batch,
            "query": first.query,
            "key": first.key,
            "value": first.value,
            "weights": first.weights,
            "mixed": first.mixed,
        }


@contextmanager
def catching(model: Transformer) -> Iterator[dict[str, Tensor]]:
    """Yield what will hold the output of each module that computes."""
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(_module: object, _inputs: object, output: Any) -> None:
            # Of cosine and sine, one tells the shape of both.
            found[name] = output[0] if name == "rotary" else output

        return hook

    def keep_stream(_module: object, inputs: tuple[Tensor]) -> None:
        found["x + attention"] = inputs[0]

    block = cast("Block", model.blocks[0])
    handles = [
        block.mlp_norm.register_forward_pre_hook(keep_stream),
        block.register_forward_hook(keep("x + mlp")),
    ]
    for name, module in [*model.named_children(), *block.named_modules()]:
        if name and not isinstance(module, nn.Identity):
            handles.append(module.register_forward_hook(keep(name)))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
