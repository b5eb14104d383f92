"""The whole model: token ids in, a score for every possible next token out.

Shapes: B batch, T time, D width, V vocabulary.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from octavo.foundation import UserError
from octavo.model.block import Block, Dropout
from octavo.model.cache import Cache
from octavo.model.config import ModelConfig
from octavo.model.norm import make_norm
from octavo.model.positions import Places, PositionEmbedding, Rotary


class Transformer(nn.Module):
    """A decoder-only transformer, from embedding to output head."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.position_embedding: PositionEmbedding | None = None
        self.rotary: Rotary | None = None
        if config.positions in ("learned", "sinusoidal"):
            self.position_embedding = PositionEmbedding(config)
        elif config.positions == "rotary":
            self.rotary = Rotary(config)
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.num_layers)
        )
        self.norm = make_norm(config)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        if config.tied_head:
            # What a token means when read is what it means when written
            # (Press and Wolf 2017).
            self.head.weight = self.embedding.weight
        self.initialise()

    def initialise(self) -> None:
        """Draw all weights afresh, from torch's random state.

        Matrices get a deviation of 1/sqrt(inputs), which keeps a signal's
        size. What writes into the residual stream starts smaller, so that
        the sum over all layers does not grow with their number (Radford et
        al. 2019). Embeddings start small: as a tied head they then give
        every token almost the same score, and the first loss is a guess's.
        """
        depth = math.sqrt(2 * self.config.num_layers)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:  # norms begin at one, biases at zero
                nn.init.constant_(parameter, name.endswith("weight"))
                continue
            deviation = parameter.shape[1] ** -0.5
            if "embedding" in name:
                deviation = 0.02
            if name.endswith(("output.weight", "down.weight")):
                deviation /= depth
            nn.init.normal_(parameter, std=deviation)

    def forward(
        self,
        ids: Int[Tensor, "B T"],
        cache: Cache | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score every token of the vocabulary as the next, at each place.

        Takes what `hidden` takes.
        """
        logits: Tensor = self.head(self.hidden(ids, cache, lengths))
        return logits

    def hidden(
        self,
        ids: Int[Tensor, "B T"],
        cache: Cache | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Float[Tensor, "B T D"]:
        """Return what the head is to read at each place.

        With a cache, `ids` are the tokens that follow those already in it.
        With `lengths`, several texts of these lengths stand in a row, and
        each is read as if it were alone. Raises UserError when a text is
        longer than the context.
        """
        start = cache.length if cache else 0
        end = start + (max(lengths) if lengths else ids.shape[1])
        if end > self.config.context:
            raise UserError(
                f"the text is {end} tokens long and the model's context "
                f"{self.config.context}: give it fewer"
            )
        places: Places = slice(start, end)
        if lengths:
            places = torch.cat([torch.arange(n) for n in lengths])
        x = self.embedding(ids)
        if self.position_embedding:
            x = x + self.position_embedding(places)
        rotation = self.rotary(places) if self.rotary else None
        x = self.dropout(x)
        layers = cache.layers if cache else [None] * len(self.blocks)
        for block, layer in zip(self.blocks, layers, strict=True):
            x = block(x, rotation, layer, lengths)
        read: Tensor = self.norm(x)
        return read

    def num_parameters(self) -> int:
        """Count the numbers that training changes; a tied head once."""
        return sum(parameter.numel() for parameter in self.parameters())
