from dataclasses import replace

import pytest
import torch

from octavo.foundation import UserError
from octavo.generation import Sampling, choose, generate
from octavo.model import ModelConfig, Transformer

from ..other_device import NAME

CONFIG = ModelConfig(
    vocab_size=40,
    context=16,
    num_layers=2,
    width=32,
    num_heads=2,
    num_kv_heads=2,
    head_width=16,
    mlp_width=32,
)


@pytest.fixture
def model() -> Transformer:
    torch.manual_seed(3)
    return Transformer(CONFIG).eval()


def draws(
    logits: list[float], sampling: Sampling, n: int = 400
) -> set[int]:
    generator = torch.Generator().manual_seed(1)
    scores = torch.tensor(logits)
    return {choose(scores, sampling, generator) for _ in range(n)}


def test_temperature_zero_takes_the_likeliest():
    assert draws([1.0, 3.0, 2.9], Sampling(temperature=0)) == {1}


def test_top_k_keeps_the_k_likeliest():
    flat = [0.3, 0.2, 0.1, 0.0]
    assert draws(flat, Sampling(temperature=1, top_k=2)) == {0, 1}
    everything = draws(flat, Sampling(temperature=1, top_k=0))
    assert everything == {0, 1, 2, 3}


def test_top_p_keeps_the_fewest_that_reach_it():
    halves = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().tolist()
    cases = {0.5: 1, 0.51: 2, 0.8: 2, 0.94: 3, 1.0: 4}
    for top_p, num_kept in cases.items():
        sampling = Sampling(temperature=1, top_k=0, top_p=top_p - 1e-6)
        assert draws(halves, sampling) == set(range(num_kept)), top_p


def test_draws_follow_the_probabilities():
    generator = torch.Generator().manual_seed(0)
    scores = torch.tensor([0.75, 0.25]).log()
    sampling = Sampling(temperature=1, top_k=0)
    ones = sum(choose(scores, sampling, generator) for _ in range(4000))
    assert ones / 4000 == pytest.approx(0.25, abs=0.02)
    sharper = Sampling(temperature=0.5, top_k=0)  # squares the odds: 9 to 1
    ones = sum(choose(scores, sharper, generator) for _ in range(4000))
    assert ones / 4000 == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": -1}, {"temperature": float("inf")}, {"top_k": -1},
     {"temperature": float("nan")}, {"top_p": 0}, {"top_p": 1.1},
     {"top_p": float("nan")}],
)  # fmt: skip
def test_values_out_of_range_raise(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Sampling(**wrong)


def uncached(model, prompt, num_tokens):
    """Greedy generation without a cache, by the rule in the docstring."""
    window, out = list(prompt), []
    if len(window) > model.config.context:
        window = window[-(model.config.context // 2) :]
    for _ in range(num_tokens):
        with torch.inference_mode():
            best = int(model(torch.tensor([window]))[0, -1].argmax())
        out.append(best)
        window.append(best)
        if len(window) > model.config.context:
            window = window[-(model.config.context // 2) :]
    return out


@pytest.mark.parametrize("length", [1, 5, 15, 16, 17, 40])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_kv_heads": 1},
        {"positions": "sinusoidal"},
        {"positions": "none"},
        {"positions": "learned", "norm": "layer", "mlp": "gelu"},
    ],
)
def test_generation_equals_the_uncached_computation(changes, length):
    torch.manual_seed(3)
    model = Transformer(replace(CONFIG, **changes)).eval()
    for parameter in model.parameters():  # no token is a clear favourite
        parameter.data.add_(torch.randn_like(parameter), alpha=0.2)
    prompt = [(7 * i + 3) % 40 for i in range(length)]
    greedy = Sampling(temperature=0)
    ids = list(generate(model, prompt, 45, greedy))
    assert ids == uncached(model, prompt, 45)


def test_a_seed_decides(model):
    first, again, other = (
        list(generate(model, [1, 2], 30, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_it_ends_before_the_stop_token(model):
    ids = list(generate(model, [1], 30, Sampling(temperature=0)))
    stop = ids[4]
    cut = list(generate(model, [1], 30, Sampling(temperature=0), stop=stop))
    assert cut == ids[: ids.index(stop)]


def test_a_prompt_must_be_there_and_known(model):
    """Said at once, not when the first token is asked for."""
    with pytest.raises(UserError, match="prompt is empty"):
        generate(model, [], 1)
    for wrong in (40, -1):
        with pytest.raises(UserError, match=f"id {wrong} is not in the mo"):
            generate(model, [3, wrong], 1)


@pytest.mark.parametrize("seed", [-1, 1 << 63, 10**30])
def test_a_seed_is_one_that_generators_take(model, seed):
    with pytest.raises(UserError, match=f"seed is {seed}; it must be from"):
        generate(model, [1], 1, seed=seed)
    assert next(generate(model, [1], 1, seed=(1 << 63) - 1)) >= 0


def test_the_smallest_temperature_and_nucleus_take_the_likeliest():
    scores = [1.0, 3.0, 2.999]
    assert draws(scores, Sampling(temperature=5e-324), n=20) == {1}
    assert draws(scores, Sampling(top_p=5e-324), n=20) == {1}
    flat = draws(scores, Sampling(temperature=1e300), n=100)
    assert flat == {0, 1, 2}


def test_a_model_on_another_device_writes_the_same(model, other_device):
    """Also past the window; and where it is, nothing is brought back."""
    here = list(generate(model, [1, 2, 3], 30, seed=5))
    there = model.to(NAME)
    assert list(generate(there, [1, 2, 3], 30, seed=5)) == here
    assert there.embedding.weight.device.type == NAME
