"""Rewards: what is worth it, by hand; and that it becomes likelier."""

import pytest
import torch
from torch import Tensor

from octavo.finetuning.examples.sums import worked
from octavo.finetuning.learning import trained_losses
from octavo.finetuning.messages import exchange
from octavo.finetuning.packing import pack
from octavo.finetuning.rewards import (
    ANSWERS,
    RewardBackend,
    Trials,
    advantages,
    answered,
    reward_of_sum,
    sample,
)
from octavo.model import ModelConfig, Transformer
from octavo.tokenizer import Tokenizer
from octavo.training import TrainingRecipe

TOKENIZER = Tokenizer.train(["1 and 1 is 2"], 262)
CONFIG = ModelConfig(
    vocab_size=262, context=48, num_layers=1, width=32, num_heads=2,
    num_kv_heads=2, head_width=16, mlp_width=48,
)  # fmt: skip
END = TOKENIZER.special_tokens["<|im_end|>"]


def model() -> Transformer:
    torch.manual_seed(1)
    return Transformer(CONFIG)


@pytest.mark.parametrize(
    ("said", "worth"),
    [
        (worked(47, 38), 1.0),
        ("85", 1.0),
        ("So 47 + 38 = 84.", 0.0),
        ("85? No: 84.", 0.0),
        ("I do not know.", 0.0),
    ],
)
def test_a_right_sum_is_worth_one(said, worth):
    turns = exchange("47 + 38?", worked(47, 38))
    assert reward_of_sum(turns, said) == worth


def test_an_answer_is_held_against_its_group():
    rewards = torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 1] + [1.0] * 8)
    found = advantages(rewards)
    # Mean 1/4, deviation sqrt(1/4 x 3/4).
    better, worse = 3**0.5, -(3**-0.5)
    by_hand = [better, *[worse] * 6, better, *[0.0] * 8]
    torch.testing.assert_close(found, torch.tensor(by_hand))


def test_answers_are_drawn_as_likely_as_the_model_holds_them():
    taught, prompt = model(), [7, 3, 9]
    generator = torch.Generator().manual_seed(0)
    told = sample(taught, [prompt] * 1000, END, generator)
    first = torch.bincount(
        torch.tensor([answer[0] for answer in told]), minlength=262
    )
    with torch.inference_mode():
        likely = taught(torch.tensor([prompt]))[0, -1].softmax(dim=-1)
    error = (likely * (1 - likely) / 1000).sqrt()
    assert ((first / 1000 - likely).abs() < 5 * error + 1e-3).all()
    assert all(END not in answer[:-1] for answer in told)
    assert {len(answer) for answer in told if answer[-1] != END} == {45}
    assert any(answer[-1] == END for answer in told)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_learning_finds_answers_as_likely_as_drawing_did(
    monkeypatch, temperature
):
    taught, prompts = model(), [[7, 3, 9], [4, 4, 1], [2, 8, 8]]
    held: list[Tensor] = []
    draw = torch.multinomial

    def watched(likely, number, generator) -> Tensor:
        drawn = draw(likely, number, generator=generator)
        held.append(likely.gather(1, drawn).flatten())
        return drawn

    monkeypatch.setattr(torch, "multinomial", watched)
    generator = torch.Generator().manual_seed(2)
    answers = sample(taught, prompts, END, generator, temperature)
    told = [answered(*pair) for pair in zip(prompts, answers, strict=True)]
    by_text = torch.stack(held, dim=1)  # (A, T)
    likely = torch.cat(
        [row[: len(a)] for row, a in zip(by_text, answers, strict=True)]
    )
    found = trained_losses(taught, *pack(told), temperature)
    assert len(found) > 90
    torch.testing.assert_close(found, -likely.log(), rtol=0, atol=1e-4)


def test_the_gradient_is_that_of_the_likelihoods_by_their_worth():
    rewards = torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 0])
    answers = [[n, n + 1, END] for n in range(ANSWERS)]
    packed = pack([answered([7, 3], answer) for answer in answers])
    backend = RewardBackend(model(), TrainingRecipe(tokens=1))
    assert backend.loss(*packed, rewards) == 1 - 1 / 8
    other = model()
    total = torch.zeros(())
    for answer, worth in zip(answers, advantages(rewards), strict=True):
        alone = pack([answered([7, 3], answer)])
        total = total + worth * trained_losses(other, *alone).sum()
    (total / (3 * ANSWERS)).backward()
    for one, two in zip(
        backend.model.parameters(), other.parameters(), strict=True
    ):
        torch.testing.assert_close(one.grad, two.grad, rtol=1e-3, atol=1e-6)


def even_bytes(turns: object, said: str) -> float:
    """Reward a share of the characters."""
    del turns
    return sum(ord(c) % 2 == 0 for c in said) / max(1, len(said))


def taught(steps: int) -> list[float]:
    recipe = TrainingRecipe(tokens=1, other_learning_rate=0.01)
    backend = RewardBackend(model(), recipe)
    asked = [exchange(f"{n}?", "") for n in range(5)]
    trials = Trials(backend.model, TOKENIZER, asked, 2, 0, even_bytes)
    lacking = []
    for step in range(steps):
        lacking.append(backend.loss(*trials.at(step)))
        backend.step(1.0)
    return lacking


def test_what_is_rewarded_becomes_likelier():
    lacking = taught(20)
    assert sum(lacking[-4:]) / 4 < sum(lacking[:4]) / 4 - 0.15
    assert lacking[:3] == taught(3)


def test_a_step_asks_its_questions_so_many_times():
    asked = [exchange("9" * n + "?", "") for n in range(1, 5)]
    said: list[str] = []

    def reward(turns, answer) -> float:
        said.append(turns[0].content)
        return 0.0

    trials = Trials(model(), TOKENIZER, asked, 3, 0, reward)
    *packed, rewards = trials.at(0)
    assert isinstance(rewards, Tensor)
    assert rewards.tolist() == [0.0] * 3 * ANSWERS
    assert len(packed[2]) == 3 * ANSWERS
    assert [said.count(q) for q in set(said)] == [ANSWERS] * 3
