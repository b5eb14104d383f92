"""Many texts at once: one reading of the weights serves a whole batch.

Shapes: B texts, T tokens, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Generator

from octavo.foundation import check_seed
from octavo.generation.sampling import Sampling, choose
from octavo.model import Cache, Transformer

MOST_TEXTS = 64  # in a batch


def generate_together(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    num_tokens: int,
    sampling: Sampling | None = None,
    seed: int = 0,
    stop: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[list[int]]:
    """Return the ids that follow each prompt, as `generate` gives them.

    But a text also ends where the context does. Each prompt has its own
    random numbers, whatever its company. `progress` is told texts done
    and in all.
    """
    check_seed(seed)
    texts = [
        Text(prompt, Generator().manual_seed(seed + number))
        for number, prompt in enumerate(prompts)
    ]
    done = 0
    for batch in of_one_length(texts):
        write_batch(model, batch, num_tokens, sampling or Sampling(), stop)
        done += len(batch)
        if progress:
            progress(done, len(texts))
    return [text.written for text in texts]


class Text:
    """A prompt, what was written after it, and its random numbers."""

    def __init__(self, prompt: Sequence[int], random: Generator) -> None:
        self.prompt, self.random = list(prompt), random
        self.written: list[int] = []


def of_one_length(texts: Sequence[Text]) -> Iterator[list[Text]]:
    """Yield texts whose prompts are equally long, some at a time.

    So nothing need be padded, and nothing masked.
    """
    by_length: dict[int, list[Text]] = {}
    for text in texts:
        by_length.setdefault(len(text.prompt), []).append(text)
    for _, same in sorted(by_length.items()):
        for start in range(0, len(same), MOST_TEXTS):
            yield same[start : start + MOST_TEXTS]


@torch.inference_mode()
def write_batch(
    model: Transformer,
    texts: list[Text],
    num_tokens: int,
    sampling: Sampling,
    stop: int | None,
) -> None:
    """Write after prompts of one length; a text that ends leaves."""
    length, context = len(texts[0].prompt), model.config.context
    most = min(num_tokens, context - length)
    cache = Cache(model.config, room=length + most)
    fresh = torch.tensor([text.prompt for text in texts])  # (B, T)
    for _ in range(most):
        fresh = fresh.to(model.embedding.weight.device)
        hidden = model.hidden(fresh, cache)[:, -1]
        logits = model.head(hidden).cpu()  # (B, V)
        tokens = [
            choose(row, sampling, text.random)
            for row, text in zip(logits, texts, strict=True)
        ]
        stay = [n for n, token in enumerate(tokens) if token != stop]
        for n in stay:
            texts[n].written.append(tokens[n])
        if not stay:
            return
        if len(stay) < len(texts):
            texts = [texts[n] for n in stay]
            cache.select(stay)
        fresh = torch.tensor([[tokens[n]] for n in stay])  # (B, 1)
