"""What a model would say, if it were asked before its last block.

Shapes: L layers, T time, V vocabulary.
"""

import torch
from torch import Tensor, nn

from octavo.inspection.capture import as_batch, at_rest
from octavo.model import Transformer


def guesses(model: Transformer, ids: list[int]) -> Tensor:
    """Return the probabilities of the next token, (L + 1, T, V).

    Row 0 is what the head reads from the embedding, row n what it reads
    after n blocks; the last is the model's own answer (nostalgebraist
    2020, "the logit lens"). Raises UserError for an empty text and for one
    beyond the context.
    """
    stream: list[Tensor] = []

    def note(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        stream.append(given[0])

    places = [*model.blocks, model.norm]
    handles = [one.register_forward_pre_hook(note) for one in places]
    try:
        with at_rest(model):
            model(as_batch(model, ids))
            read = model.head(model.norm(torch.cat(stream)))
            probabilities: Tensor = read.softmax(dim=-1)
    finally:
        for handle in handles:
            handle.remove()
    return probabilities
