"""What a model has read, so that it need not read it again.

Shapes: V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from octavo.model import Cache, Transformer


class Memory:
    """A model, with the text in its key-value cache.

    Of each text that it is given it reads only what comes after the
    beginning that it knows: one token as a text grows, a turn as a
    conversation does.
    """

    def __init__(self, model: Transformer) -> None:
        self.model = model
        self.known: list[int] = []
        self._cache = Cache(model.config)

    def read(self, text: Sequence[int]) -> Tensor:
        """Return the scores (V,), on the CPU, of what may follow a text.

        It is at least one token long, and no longer than the context. Its
        last token is always read, for that is what is answered.
        """
        same = min(alike(self.known, text), len(text) - 1)
        # Also what an interrupted reading left in some of the layers goes.
        del self.known[same:]
        self._cache.keep(same)
        with torch.inference_mode():
            fresh = torch.tensor([text[same:]])
            fresh = fresh.to(self.model.embedding.weight.device)
            hidden = self.model.hidden(fresh, self._cache)
            logits: Tensor = self.model.head(hidden[0, -1])
        self.known += text[same:]
        return logits.cpu()


def alike(one: Sequence[int], other: Sequence[int]) -> int:
    """Return with how many ids two texts begin alike.

    >>> alike([5, 6, 7, 8], [5, 6, 8])
    2
    """
    pairs = zip(one, other, strict=False)
    apart = (n for n, (a, b) in enumerate(pairs) if a != b)
    return next(apart, min(len(one), len(other)))
