"""Writing: one token after the other, each read back as the next input."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from octavo.book.plain.model import Cache, Transformer


def choose(
    logits: Float[Tensor, " V"],
    temperature: float,
    top_k: int,
    generator: torch.Generator,
) -> int:
    """Draw one of the `top_k` likeliest; a low temperature sharpens."""
    smallest = logits.topk(min(top_k, len(logits))).values[-1]
    logits = logits.masked_fill(logits < smallest, float("-inf"))
    probabilities = (logits / temperature).softmax(dim=-1)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def generate(
    model: Transformer,
    prompt: list[int],
    num_tokens: int,
    temperature: float = 0.8,
    top_k: int = 50,
    seed: int = 0,
) -> Iterator[int]:
    """Yield the ids that a model writes after a prompt.

    When the context is full, the last half of it is read again, once.
    """
    generator = torch.Generator().manual_seed(seed)
    context, device = model.config.context, model.embedding.weight.device
    text, cache = list(prompt), [Cache() for _ in model.blocks]
    for _ in range(num_tokens):
        if len(text) > context:
            text = text[-(context // 2) :]
            cache = [Cache() for _ in model.blocks]
        unread = torch.tensor([text[cache[0].length :]])
        with torch.no_grad():
            logits = model(unread.to(device), cache)[0, -1].cpu()
        text.append(choose(logits, temperature, top_k, generator))
        yield text[-1]
