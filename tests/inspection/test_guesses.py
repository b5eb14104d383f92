"""What the head reads on the way is what it would read there."""

import torch

from octavo.inspection import guesses
from octavo.model import Transformer


def test_a_model_cut_short_says_what_was_guessed_there(model, ids):
    found = guesses(model, ids)
    depth = model.config.num_layers
    assert found.shape[:2] == (depth + 1, len(ids))
    for blocks in range(depth + 1):
        short = cut_short(model, blocks)
        with torch.no_grad():
            said = short(torch.tensor([ids]))[0].softmax(dim=-1)
        torch.testing.assert_close(found[blocks], said)
    assert guesses(model, ids).equal(found)  # and nothing was left behind


def cut_short(model: Transformer, blocks: int) -> Transformer:
    """The same model without its later blocks."""
    short = Transformer(model.config)
    short.load_state_dict(model.state_dict())
    short.blocks = short.blocks[:blocks]
    return short.eval()
