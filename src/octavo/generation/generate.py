"""Writing: one token after the other, each read back as the next input."""

from collections.abc import Iterator, Sequence

import torch

from octavo.foundation import UserError, check_seed
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
    """Return an iterator of up to `num_tokens` ids after the prompt.

    It ends early at the id `stop`, which is not among them. When the
    context is full, the last half of it is kept and read again, once: what
    follows equals an uncached computation on exactly those tokens. Raises
    UserError for an empty prompt, an id outside the vocabulary, or a seed
    that no generator takes.
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
    chosen = sampling or Sampling()
    return _write(model, prompt, num_tokens, chosen, seed, stop)


def _write(
    model: Transformer,
    prompt: Sequence[int],
    num_tokens: int,
    sampling: Sampling,
    seed: int,
    stop: int | None,
) -> Iterator[int]:
    """Do what `generate` says, once all is known to be right."""
    # Tokens are drawn on the CPU: from one seed, the same on any device.
    generator = torch.Generator().manual_seed(seed)
    device = model.embedding.weight.device
    text, fresh = list(prompt), list(prompt)
    cache = Cache(model.config)
    for _ in range(num_tokens):
        if cache.length + len(fresh) > model.config.context:
            fresh = text[-tail_length(model.config.context) :]
            cache.clear()
        with torch.inference_mode():
            ids = torch.tensor([fresh]).to(device)
            logits = model(ids, cache)[0, -1].cpu()
        token = choose(logits, sampling, generator)
        if token == stop:
            return
        yield token
        text.append(token)
        fresh = [token]


def tail_length(context: int) -> int:
    """Return how many tokens are kept when a context is full: half."""
    return max(1, context // 2)
