"""The whole model: token ids in, a score for every possible next token out.

Shapes: B batch, T time, D width, V vocabulary.
"""

import math
from typing import cast

from torch import Tensor, nn

from octavo.foundation import UserError
from octavo.model.block import Block
from octavo.model.cache import Cache
from octavo.model.config import ModelConfig
from octavo.model.norm import RMSNorm
from octavo.model.positions import rotary_angles


class Transformer(nn.Module):
    """A decoder-only transformer, from embedding to output head."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.num_layers)
        )
        self.norm = RMSNorm(config.width, config.norm_epsilon)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        if config.tied_head:
            # What a token means when read is what it means when written
            # (Press and Wolf 2017).
            self.head.weight = self.embedding.weight
        angles = rotary_angles(
            config.context, config.head_width, config.rope_base
        )
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)
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
            if parameter.dim() < 2:
                continue  # norms begin at one
            deviation = parameter.shape[1] ** -0.5
            if parameter is self.embedding.weight:
                deviation = 0.02
            if name.endswith(("output.weight", "down.weight")):
                deviation /= depth
            nn.init.normal_(parameter, std=deviation)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """Map ids (B, T) to logits (B, T, V).

        With a cache, `ids` are the tokens that follow those already in it.
        Raises UserError when the text is longer than the context.
        """
        start = cache.length if cache else 0
        end = start + ids.shape[1]
        if end > self.config.context:
            raise UserError(
                f"the text is {end} tokens long and the model's context "
                f"{self.config.context}: give it fewer"
            )
        cosine = cast("Tensor", self.cosine)[start:end]
        sine = cast("Tensor", self.sine)[start:end]
        x = self.dropout(self.embedding(ids))
        for index, block in enumerate(self.blocks):
            layer = cache.layers[index] if cache else None
            x = block(x, cosine, sine, layer, start)
        if cache:
            cache.length = end
        logits: Tensor = self.head(self.norm(x))
        return logits

    def num_parameters(self) -> int:
        """Count the numbers that training changes; a tied head once."""
        return sum(parameter.numel() for parameter in self.parameters())
