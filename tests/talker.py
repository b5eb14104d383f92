"""A model of which one knows what it says: a table of what follows what."""

from collections.abc import Mapping

import torch
from torch.nn import functional

from octavo.model import ModelConfig, Transformer
from octavo.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train(["Who goes there?"], 259)  # nothing is merged
END = TOKENIZER.special_tokens["<|im_end|>"]


def talker(follows: Mapping[str, str], context: int = 96) -> Transformer:
    """Return a model that says after a character what the table says.

    "" stands for the end of a turn. What the blocks think is nothing.
    """
    config = ModelConfig(
        vocab_size=TOKENIZER.vocab_size, context=context, num_layers=1,
        width=64, num_heads=2, num_kv_heads=1, head_width=32, mlp_width=32,
        tied_head=False,
    )  # fmt: skip
    torch.manual_seed(1)
    model = Transformer(config).eval()
    with torch.no_grad():
        vectors = functional.normalize(torch.randn(config.vocab_size, 64))
        model.embedding.weight.copy_(vectors)
        model.head.weight.zero_()
        for block in model.blocks:
            block.attention.output.weight.zero_()
            block.mlp.down.weight.zero_()
        for here, then in follows.items():
            said = ord(then) if then else END
            model.head.weight[said] += 10 * vectors[ord(here)]
    return model
