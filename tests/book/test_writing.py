"""What chapter 11 says of writing, against the code that does it."""

import torch

from octavo.generation import Memory, Sampling, generate
from octavo.model import ModelConfig, Transformer

CONTEXT = 32


class Counting(Transformer):
    """Knows how many tokens it has read."""

    read = 0

    def hidden(self, ids, *rest):
        self.read += ids.shape[1]
        return super().hidden(ids, *rest)


def model() -> Counting:
    torch.manual_seed(0)
    return Counting(
        ModelConfig(
            vocab_size=64, context=CONTEXT, num_layers=2, width=32,
            num_heads=2, num_kv_heads=2, head_width=16, mlp_width=64,
        )
    )  # fmt: skip


def test_half_the_temperature_squares_every_ratio():
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0])
    once, cold = scores.softmax(0), (scores / 0.5).softmax(0)
    squared = once**2 / (once**2).sum()
    torch.testing.assert_close(cold, squared)


def test_with_the_cache_a_text_is_read_once_and_anew_as_the_sum_says():
    once, anew = model(), model()
    text = list(range(1, CONTEXT + 1))
    memory = Memory(once)
    for end in range(1, CONTEXT + 1):
        memory.read(text[:end])
        Memory(anew).read(text[:end])
    assert once.read == CONTEXT
    assert anew.read == CONTEXT * (CONTEXT + 1) // 2


def test_past_the_window_a_token_is_read_about_twice():
    writer = model()
    drawn = Sampling(temperature=5, top_k=0)  # no text in a circle
    written = list(generate(writer, [1], 1000, drawn))
    assert len(written) == 1000
    # A window of 32 readings brings 17 tokens; a larger one, nearly two.
    assert 1.8 < writer.read / 1000 < 32 / 17


def test_a_changed_token_is_read_again_with_all_that_follows():
    reader = model()
    memory = Memory(reader)
    memory.read([5] * 20)
    memory.read([5, 5, 6] + [5] * 17)
    assert reader.read == 20 + 18
