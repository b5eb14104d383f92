"""Writing: one token after the other, each read back as the next input."""

from collections.abc import Iterator, Sequence

import torch

from octavo.foundation import UserError, check_seed
from octavo.generation.memory import Memory
from octavo.generation.sampling import Sampling, choose
from octavo.model import Transformer


def generate(
    model: Transformer,
    prompt: Sequence[int],
    num_tokens: int,
    sampling: Sampling | None = None,
    seed: int = 0,
    stop: int | None = None,
    memory: Memory | None = None,
) -> Iterator[int]:
    """Return an iterator of up to `num_tokens` ids after the prompt.

    It ends early at the id `stop`, which is not among them. When the
    context is full, the last half of it is kept and read again, once: what
    follows equals an uncached computation on exactly those tokens. With a
    `memory` of the model, what it knows of the prompt is not read again.
    Raises UserError for an empty prompt, an id outside the vocabulary, or
    a seed that no generator takes.
    """
    if not prompt:
        raise UserError("the prompt is empty: it needs at least one token")
    vocab_size = model.config.vocab_size
    if wrong := [token for token in prompt if not 0 <= token < vocab_size]:
        raise UserError(
            f"the prompt's id {wrong[0]} is not in the model's vocabulary "
            f"of {vocab_size}: encode it with the model's own tokenizer"
        )
    check_seed(seed)
    return _write(
        memory or Memory(model),
        list(prompt),
        num_tokens,
        sampling or Sampling(),
        torch.Generator().manual_seed(seed),
        stop,
    )


def _write(
    memory: Memory,
    text: list[int],
    num_tokens: int,
    sampling: Sampling,
    generator: torch.Generator,
    stop: int | None,
) -> Iterator[int]:
    """Do what `generate` says, once all is known to be right."""
    context = memory.model.config.context
    for _ in range(num_tokens):
        if len(text) > context:
            text = text[-tail_length(context) :]
        # Tokens are drawn on the CPU: from one seed, the same anywhere.
        token = choose(memory.read(text), sampling, generator)
        if token == stop:
            return
        yield token
        text.append(token)


def tail_length(context: int) -> int:
    """Return how many tokens are kept when a context is full: half."""
    return max(1, context // 2)
