"""The parts of a model: what each does, and what it costs.

parameters   numbers that training changes; a tied head has none of its own
FLOPs        per token, forward, at the trained context: 2 for each multiply
             and add of a matrix product. Attention counts the half that the
             causal mask hides, as torch's own counter does; what is not a
             matrix product (norms, softmax, gates) is not counted.
activations  bytes that autograd keeps for the backward pass, for one window
             of the trained context in training. They are measured. What
             several parts keep together counts once, at the first.

Shapes: T time, the trained context; H heads; K head width.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.inspection.capture import as_batch
from octavo.model import Attention, ModelConfig, Transformer

IN_BLOCK = {
    "attention_norm": "brings vectors to one size",
    "attention.query": "asks: what do I look for?",
    "attention.key": "says: what am I found by?",
    "attention.value": "says: what do I give?",
    "attention.query_norm": "brings queries to one size",
    "attention.key_norm": "brings keys to one size",
    "attention": "matches, then mixes values",
    "attention.output": "joins what the heads found",
    "mlp_norm": "brings vectors to one size",
    "mlp.gate": "decides what may pass",
    "mlp.up": "gives a token room to think",
    "mlp": "lets pass what gates allow",
    "mlp.down": "writes the thought back",
    "dropout": "forgets some, in training",
}
OUTSIDE = {
    "tokenizer": "cuts text into tokens",
    "embedding": "gives each token a vector",
    "positions": "",
    "dropout": "forgets some, in training",
    "norm": "brings vectors to one size",
    "head": "scores every next token",
    "loss": "compares with what came",
}
POSITIONS = {
    "rotary": "turn queries, keys by place",
    "learned": "a learned vector per place",
    "sinusoidal": "a vector of waves per place",
    "none": "none: the mask gives order",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One component; `block` is 1 to L inside the blocks, 0 outside."""

    name: str
    what: str
    block: int = 0
    parameters: int = 0
    flops: int = 0
    activations: int = 0


def list_parts(model: Transformer) -> list[Part]:
    """Return all parts, from the text's way in to its way out."""
    parameters, kept = count_parameters(model), measure_activations(model)
    modules = dict(model.named_modules())
    parts = []
    for path, (block, name) in paths(model.config).items():
        module = modules.get(path)
        if isinstance(module, nn.Identity) or (
            isinstance(module, nn.Dropout) and not module.p
        ):
            continue
        if block and module is None:  # a network without gates
            continue
        parts.append(
            Part(
                name=name,
                what=meaning(block, name, model.config),
                block=block,
                parameters=parameters.get(path, 0),
                flops=count_flops(module, model.config),
                activations=kept.get(path, 0),
            )
        )
    return parts


def paths(config: ModelConfig) -> dict[str, tuple[int, str]]:
    """Return each part's block and name by its module's path, in order."""
    added = "position_embedding"
    places = added if config.positions in ("learned", "sinusoidal") else ""
    found = {}
    for name in OUTSIDE:
        if name == "norm":
            for block in range(config.num_layers):
                for inner in IN_BLOCK:
                    found[f"blocks.{block}.{inner}"] = (block + 1, inner)
        path = (places or "rotary") if name == "positions" else name
        found[path] = (0, name)
    return found


def meaning(block: int, name: str, config: ModelConfig) -> str:
    """Say in a short line what a part does."""
    if name == "positions":
        return POSITIONS[config.positions]
    if name == "mlp" and config.mlp == "gelu":
        return "passes what is above zero"
    return (IN_BLOCK if block else OUTSIDE)[name]


def count_parameters(model: Transformer) -> dict[str, int]:
    """Return the parameters of each module itself, shared ones once."""
    counts: dict[str, int] = {}
    for path, parameter in model.named_parameters():
        owner = path.rpartition(".")[0]
        counts[owner] = counts.get(owner, 0) + parameter.numel()
    return counts


def count_flops(module: nn.Module | None, config: ModelConfig) -> int:
    """Return the FLOPs of a module itself for one token."""
    if isinstance(module, nn.Linear):
        return 2 * module.in_features * module.out_features
    if isinstance(module, Attention):
        # A query meets T keys, then T values are mixed: 2 T K each.
        return 4 * config.context * config.num_heads * config.head_width
    return 0


def measure_activations(model: Transformer) -> dict[str, int]:
    """Return the bytes that each module keeps, by its path; and "loss".

    One window of the trained context goes forward as in training.
    """
    kept: dict[str, int] = {}
    known = {storage(tensor) for tensor in model.parameters()}
    known |= {storage(tensor) for tensor in model.buffers()}

    def keep(tensor: Tensor) -> Tensor:
        if storage(tensor) not in known:
            known.add(storage(tensor))
            size = tensor.untyped_storage().nbytes()
            kept[inside[-1]] = kept.get(inside[-1], 0) + size
        return tensor

    was_training = model.training
    ids = as_batch(model, [0] * model.config.context)
    with (
        torch.random.fork_rng(devices=[]),
        following(model.train()) as inside,
        torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept),
    ):
        # Nobody goes backward, but while the loss lives all is kept.
        loss = functional.cross_entropy(model(ids).flatten(0, 1), ids[0])
    del loss
    model.train(was_training)
    return kept


def storage(tensor: Tensor) -> int:
    """Return what the views of one piece of memory have in common."""
    return tensor.untyped_storage().data_ptr()


@contextmanager
def following(model: nn.Module) -> Iterator[list[str]]:
    """Yield the paths of the modules at work, the innermost last.

    Outside of all modules, the loss is being computed.
    """
    inside, handles = ["loss"], []

    def enter(path: str) -> Callable[..., None]:
        return lambda *_: inside.append(path)

    def leave(*_: object) -> None:
        inside.pop()

    for path, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(enter(path)))
        handles.append(module.register_forward_hook(leave))
    try:
        yield inside
    finally:
        for handle in handles:
            handle.remove()
