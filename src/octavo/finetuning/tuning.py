"""Fine-tuning a run: the training loop, on conversations."""

from collections.abc import Callable, Sequence
from textwrap import shorten

import torch

from octavo.evaluation import Score
from octavo.finetuning.adapter import ADAPTER, write_adapter
from octavo.finetuning.lora import learner
from octavo.finetuning.messages import (
    ASSISTANT,
    Conversation,
    read_conversations,
)
from octavo.finetuning.preparing import (
    BASE,
    EXAMPLES,
    TunedRun,
    rendered,
)
from octavo.finetuning.rehearsal import lessons
from octavo.finetuning.rendering import end_of_turn, render, render_prompt
from octavo.finetuning.rewards import RewardBackend, Trials
from octavo.foundation.files import remove_folder
from octavo.generation import Sampling
from octavo.interop import load_weights, read_tensors
from octavo.model import Transformer
from octavo.tokenizer import Tokenizer
from octavo.training import Run, Watcher, train
from octavo.training.checkpoints import State, list_checkpoints
from octavo.training.course import Course
from octavo.training.samples import continuation

ASKED = 3  # questions, whenever the model is looked at
SHOWN = 160  # characters of each


def finetune(
    run: TunedRun,
    watcher: Watcher | None = None,
    stop: Callable[[], bool] = lambda: False,
    tensorboard: bool = False,
) -> Score | None:
    """Fine-tune a run to its end, from its newest checkpoint if it has one.

    As `train`, of which it is a course. With LoRA, the adapter is written
    at the end.
    """
    score = train(run, watcher, stop, tensorboard, from_conversations)
    tuning = run.recipe.tuning
    if score and tuning.lora_rank:
        newest = list_checkpoints(run.folder)[-1]
        kept = read_tensors(newest / "optimizer.safetensors")
        thin = {n: x for n, x in kept.items() if n.startswith(("A.", "B."))}
        folder = run.folder / ADAPTER
        if folder.exists():
            remove_folder(folder)
        write_adapter(folder, thin, run.recipe.model, tuning.base)
    return score


def from_conversations(run: Run) -> Course:
    """Return the course of a base through a run's conversations."""
    assert isinstance(run, TunedRun)
    training, tuning = run.recipe.training, run.recipe.tuning
    torch.manual_seed(training.seed)
    model = Transformer(run.recipe.model)
    load_weights(model, run.folder / BASE)
    said = read_conversations(run.folder / EXAMPLES)
    ask = asking(run.tokenizer, some_questions(said))
    if tuning.reward:
        size, seed = training.batch_size, training.seed
        drawn_at = tuning.temperature
        backend = RewardBackend(model, training, drawn_at)
        asked = short_ones(said, run)
        trials = Trials(
            model, run.tokenizer, asked, size, seed, temperature=drawn_at
        )
        return Course(State(model=model, backend=backend), trials, ask)
    teacher = learner(model, training, tuning.lora_rank)
    read = rendered(said, run.tokenizer, run.recipe, Watcher())
    state = State(model=model, backend=teacher)
    return Course(state, lessons(run.recipe, read, run.train), ask)


def short_ones(
    said: Sequence[Conversation], run: Run
) -> list[Conversation]:
    """Return the conversations that fit the context."""
    most = run.recipe.model.context + 1
    return [
        turns
        for turns in said
        if len(render(run.tokenizer, turns).ids) <= most
    ]


def some_questions(said: Sequence[Conversation]) -> list[Conversation]:
    """Return what a few conversations say before the first answer."""
    every = max(1, len(said) // ASKED)
    return [
        turns[: [turn.role for turn in turns].index(ASSISTANT)]
        for turns in said[::every][:ASKED]
    ]


def asking(
    tokenizer: Tokenizer, questions: Sequence[Conversation]
) -> Callable[[Transformer], str]:
    """Return what asks a model, and gives back questions and answers."""
    end, likeliest = end_of_turn(tokenizer), Sampling(temperature=0.0)

    def ask(model: Transformer) -> str:
        lines = []
        for turns in questions:
            prompt = render_prompt(tokenizer, turns)
            answer = continuation(model, prompt, end, likeliest)
            question = shorten(turns[-1].content, SHOWN, placeholder=" ...")
            lines += [f"> {question}", tokenizer.decode(answer), ""]
        return "\n".join(lines)

    return ask
