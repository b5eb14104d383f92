"""Learning from rewards: what was worth it is made likelier.

No right answer is shown. The model answers each question several times,
a program tells how good each answer is, and answers better than the others
to the same question become likelier, worse ones less likely. That is the
policy gradient (Williams 1992) with the group as its baseline, as in GRPO
(Shao et al. 2024). Every answer is learned from once, right after it was
given, so that neither the ratio of two models nor its clipping is needed.

Shapes: A answers, G groups of them, M trained tokens, T time, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from octavo.finetuning.examples import Question, is_right
from octavo.finetuning.learning import PackBackend
from octavo.finetuning.messages import Conversation
from octavo.finetuning.packing import UNTRAINED, Passes, pack
from octavo.finetuning.rendering import (
    Rendered,
    end_of_turn,
    render_prompt,
)
from octavo.model import Cache, Transformer
from octavo.tokenizer import Tokenizer
from octavo.training.optimizers import AdamW
from octavo.training.recipe import TrainingRecipe

ANSWERS = 8  # to each question: a group
MOST_TOKENS = 96  # of an answer

Reward = Callable[[Conversation, str], float]


def reward_of_sum(turns: Conversation, said: str) -> float:
    """Return 1 if an answer ends with the right sum, and 0 otherwise."""
    *_, question, answer = (turn.content for turn in turns)
    asked = Question(kind="sum", question=question, answer=answer)
    return float(is_right(asked, said))


def advantages(rewards: Tensor) -> Tensor:
    """Return by how much each answer (A,) is better than its group.

    Counted in the group's standard deviations; where all are equally good
    there is nothing to learn.

    >>> advantages(torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 1]))[:2]
    tensor([ 1.7321, -0.5774])
    """
    groups = rewards.view(-1, ANSWERS)  # (G, ANSWERS)
    beyond = groups - groups.mean(dim=1, keepdim=True)
    spread = groups.std(dim=1, correction=0, keepdim=True)
    return (beyond / spread.clamp_min(1e-6)).flatten()


class Trials:
    """Questions for each step, and a model's own answers to them.

    The seed, the step and the model decide everything.
    """

    def __init__(
        self,
        model: Transformer,
        tokenizer: Tokenizer,
        questions: Sequence[Conversation],
        size: int,
        seed: int,
        reward: Reward = reward_of_sum,
        temperature: float = 1.0,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.questions, self.reward = questions, reward
        self.temperature = temperature
        self.passes = Passes(len(questions), size, seed)
        self.tokens_per_step = size * ANSWERS * MOST_TOKENS  # at most

    def at(self, step: int) -> tuple[Tensor, Tensor, list[int], Tensor]:
        """Return a pack of answers, and the reward (A,) of each."""
        seeds = np.random.SeedSequence([self.passes.seed, step])
        generator = torch.Generator()
        generator.manual_seed(int(seeds.generate_state(1)[0]))
        told, rewards = [], []
        for turns, prompt, answers in self._answers(step, generator):
            for answer in answers:
                said = self.tokenizer.decode(answer)
                rewards.append(self.reward(turns, said))
                told.append(answered(prompt, answer))
        return (*pack(told), torch.tensor(rewards))

    def _answers(
        self, step: int, generator: torch.Generator
    ) -> Iterator[tuple[Conversation, list[int], list[list[int]]]]:
        """Yield a step's questions, their prompts and their answers.

        Prompts of one length are read together.
        """
        chosen = [self.questions[n] for n in self.passes.at(step)]
        asked = [
            (turns, render_prompt(self.tokenizer, turns[:-1]))
            for turns in chosen
        ]
        asked.sort(key=lambda pair: len(pair[1]))
        end = end_of_turn(self.tokenizer)
        for _, same in groupby(asked, key=lambda pair: len(pair[1])):
            some = list(same)
            prompts = [prompt for _, prompt in some for _ in range(ANSWERS)]
            said = sample(
                self.model, prompts, end, generator, self.temperature
            )
            for number, (turns, prompt) in enumerate(some):
                first = number * ANSWERS
                yield turns, prompt, said[first : first + ANSWERS]


def answered(prompt: list[int], answer: list[int]) -> Rendered:
    """Return a prompt and the answer to it, which is what is learned."""
    learned = [False] * len(prompt) + [True] * len(answer)
    return Rendered(ids=prompt + answer, trained=learned)


@torch.inference_mode()
def sample(
    model: Transformer,
    prompts: Sequence[list[int]],
    end: int,
    generator: torch.Generator,
    temperature: float = 1.0,
) -> list[list[int]]:
    """Return an answer to each prompt, of one length, up to its end."""
    model.eval()
    cache, fresh = Cache(model.config), torch.tensor(prompts)
    room = model.config.context - fresh.shape[1]
    drawn = fresh.new_empty(len(prompts), 0)  # (A, T)
    for _ in range(min(MOST_TOKENS, room)):
        hidden = model.hidden(fresh, cache)[:, -1]
        scores = model.head(hidden).float() / temperature  # (A, V)
        likely = scores.softmax(dim=-1)
        fresh = torch.multinomial(likely, 1, generator=generator)
        drawn = torch.cat([drawn, fresh], dim=1)
        if (drawn == end).any(dim=1).all():
            break
    return [
        answer[: answer.index(end) + 1] if end in answer else answer
        for answer in drawn.tolist()
    ]


class RewardBackend(PackBackend):
    """Learns from answers and their rewards, with AdamW.

    Muon's steps are as long for a faint gradient as for a strong one; here
    it is faint as soon as most answers are right. The temperature is that
    at which the answers were drawn.
    """

    def __init__(
        self,
        model: Transformer,
        training: TrainingRecipe,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(model, training)
        self.temperature = temperature
        rate = training.other_learning_rate
        self.optimizers = [AdamW(model.parameters(), rate)]

    def loss(
        self,
        inputs: Tensor,
        targets: Tensor,
        lengths: list[int] | None = None,
        rewards: Tensor | None = None,
    ) -> float:
        """Return what the rewards lack, on average; keep the gradients."""
        assert lengths is not None
        assert rewards is not None
        texts = torch.arange(len(lengths))
        owner = texts.repeat_interleave(torch.tensor(lengths))  # (N,)
        trained = targets[0] != UNTRAINED
        worth = advantages(rewards)[owner[trained]].to(self.device)  # (M,)
        self.model.eval()  # as it answered
        # To lower a token's loss is to make it likelier, as far as it was
        # worth it; where that is below zero, less likely.
        lowered = (worth * self.losses(inputs, targets, lengths)).mean()
        lowered.backward()  # type: ignore[no-untyped-call]
        return 1 - rewards.mean().item()
