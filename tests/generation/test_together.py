"""Many texts at once are what each is by itself."""

import pytest
import torch

from octavo.foundation import UserError
from octavo.generation import Sampling, generate, generate_together
from octavo.generation import together as module
from octavo.model import ModelConfig, Transformer

PROMPTS = [[3], [1, 2], [9, 8, 7], [2, 2], [5, 6], [30, 31], [4]]
GREEDY = Sampling(temperature=0)


@pytest.fixture(scope="module")
def model() -> Transformer:
    torch.manual_seed(3)
    config = ModelConfig(
        vocab_size=40, context=16, num_layers=2, width=32, num_heads=2,
        num_kv_heads=1, head_width=16, mlp_width=32,
    )  # fmt: skip
    made = Transformer(config).eval()
    for parameter in made.parameters():  # no token is a clear favourite
        parameter.data.add_(torch.randn_like(parameter), alpha=0.2)
    return made


def alone(model, number, sampling, **more):
    prompt = PROMPTS[number]
    most = min(12, model.config.context - len(prompt))
    seed = 7 + number
    return list(generate(model, prompt, most, sampling, seed, **more))


@pytest.mark.parametrize("sampling", [GREEDY, Sampling(temperature=1)])
@pytest.mark.parametrize("most", [64, 2])
def test_each_is_what_it_is_alone(model, sampling, most, monkeypatch):
    """Also where some end before others, or at the context's end."""
    monkeypatch.setattr(module, "MOST_TEXTS", most)
    stop = alone(model, 1, sampling)[4]
    told = []
    found = generate_together(
        model, PROMPTS, 12, sampling, 7, stop,
        lambda done, total: told.append((done, total)),
    )  # fmt: skip
    right = [
        alone(model, n, sampling, stop=stop) for n in range(len(PROMPTS))
    ]
    assert found == right
    assert len({len(text) for text in right}) > 1
    assert told[-1] == (7, 7)


def test_where_the_context_ends_a_text_ends(model):
    (found,) = generate_together(model, [[1] * 13], 99, GREEDY)
    assert len(found) == 3
    assert generate_together(model, [[1] * 16, [1] * 99], 5) == [[], []]
    assert generate_together(model, [], 5) == []
    with pytest.raises(UserError, match="seed is -1"):
        generate_together(model, [[1]], 5, seed=-1)
