"""Writing: one token after the other, each read back as the next input."""

from collections.abc import Iterator, Sequence

import torch

from octavo.foundation import UserError
from octavo.generation.sampling import Sampling, choose
from octavo.model import Cache, Transformer


def generate(
    model: Transformer,
    prompt: Sequence[int],
    num_tokens: int,
    sampling: Sampling | None = None,
    seed: int = 0,
    stop: int | None = None,
) -> Iterator[int]:
    """Yield up to `num_tokens` ids that continue the prompt.

    Ends early at the id `stop`, which is not yielded. When the context is
    full, the last half of it is kept and read again, once: what follows
    equals an uncached computation on exactly those tokens. Raises UserError
    for an empty prompt or an id outside the vocabulary.
    """
    vocab_size = model.config.vocab_size
    if not prompt or not all(0 <= token < vocab_size for token in prompt):
        raise UserError(
            "a prompt needs at least one token, and none outside the "
            f"model's vocabulary of {vocab_size}"
        )
    sampling = sampling or Sampling()
    generator = torch.Generator().manual_seed(seed)
    text, fresh = list(prompt), list(prompt)
    cache = Cache(model.config)
    for _ in range(num_tokens):
        if cache.length + len(fresh) > model.config.context:
            fresh = text[-tail_length(model.config.context) :]
            cache.clear()
        with torch.inference_mode():
            logits = model(torch.tensor([fresh]), cache)[0, -1]
        token = choose(logits, sampling, generator)
        if token == stop:
            return
        yield token
        text.append(token)
        fresh = [token]


def tail_length(context: int) -> int:
    """Return how many tokens are kept when a context is full: half."""
    return max(1, context // 2)
