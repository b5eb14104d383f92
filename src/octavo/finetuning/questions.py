"""Scoring answers: which of the held-out questions a model gets right.

Beside it stand two that understand nothing: one always gives the commonest
answer of the kind, the other the answer to the training question that has
most words in common. What they can do needs no model.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from octavo.finetuning.chat import load_chatting
from octavo.finetuning.examples import (
    Example,
    Question,
    build_examples,
    is_right,
)
from octavo.finetuning.messages import exchange
from octavo.finetuning.rendering import end_of_turn, render_prompt
from octavo.generation import Sampling, generate_together
from octavo.model import Transformer
from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer
from octavo.training import Watcher, choose_device

MOST_TOKENS = 128  # of an answer: the longest right one has fewer
Z = 1.959964  # 95% of a normal distribution lie within so many deviations


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A question, and what each of the three answered."""

    question: Question
    said: str
    frequent: str
    nearest: str


def question_run(
    folder: Path, device: str = "cpu", watcher: Watcher | None = None
) -> dict[str, Any]:
    """Ask a fine-tuned run the held-out questions; return the scores.

    Those with an open answer, as for a sonnet, are left out.
    """
    watcher = watcher or Watcher()
    model, tokenizer = load_chatting(folder)
    model = model.to(choose_device(device))
    watcher.noted("Making the questions ...")
    examples = build_examples(load_corpus("shakespeare"), seed=0)
    questions = [q for q in examples.test if q.answer is not None]
    said = answers_to(model, tokenizer, questions, watcher)
    frequent = commonest_answers(examples.train)
    nearest = Nearest(examples.train)
    marked = [
        Marked(
            question=question,
            said=answer,
            frequent=frequent[question.kind],
            nearest=nearest.answer(question.question),
        )
        for question, answer in zip(questions, said, strict=True)
    ]
    return {"run": str(folder), **scores(marked)}


def answers_to(
    model: Transformer,
    tokenizer: Tokenizer,
    questions: Sequence[Question],
    watcher: Watcher,
) -> list[str]:
    """Return the likeliest answers, "" where the context has no room."""
    prompts = [
        render_prompt(tokenizer, exchange(each.question, "")[:1])
        for each in questions
    ]
    ids = generate_together(
        model,
        prompts,
        MOST_TOKENS,
        Sampling(temperature=0),
        stop=end_of_turn(tokenizer),
        progress=lambda done, total: watcher.working(
            "answering", done, total
        ),
    )
    return [tokenizer.decode(each) for each in ids]


def scores(marked: Sequence[Marked]) -> dict[str, Any]:
    """Return the scores by kind, over all, and every answer."""
    by_kind: dict[str, list[Marked]] = defaultdict(list)
    for each in marked:
        by_kind[each.question.kind].append(each)
    return {
        "kinds": {kind: score(some) for kind, some in by_kind.items()},
        "all": score(marked),
        "answers": [
            {
                "kind": each.question.kind,
                "question": each.question.question,
                "expected": each.question.answer,
                "answer": each.said,
                "right": is_right(each.question, each.said),
            }
            for each in marked
        ],
    }


def score(marked: Sequence[Marked]) -> dict[str, float | int]:
    """Return the share of right answers, with its interval."""

    def right(said: Callable[[Marked], str]) -> int:
        return sum(is_right(each.question, said(each)) for each in marked)

    number, count = right(lambda each: each.said), len(marked)
    low, high = wilson(number, count)
    return {
        "questions": count,
        "right": number,
        "accuracy": number / count,
        "low": low,
        "high": high,
        "most_frequent": right(lambda each: each.frequent) / count,
        "nearest": right(lambda each: each.nearest) / count,
    }


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson 1927).

    Unlike the usual one it stays within 0 and 1, and has a width even
    where all answers are right.

    >>> tuple(round(x, 3) for x in wilson(9, 10))
    (0.596, 0.982)
    """
    share, weight = right / count, Z**2 / count
    middle = (share + weight / 2) / (1 + weight)
    spread = math.sqrt(share * (1 - share) * weight + weight**2 / 4) / (
        1 + weight
    )
    return max(0.0, middle - spread), min(1.0, middle + spread)


def commonest_answers(train: Iterable[Example]) -> dict[str, str]:
    """Return kind -> the answer that is given most often in training."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in train:
        counts[example.kind][example.messages[-1].content] += 1
    return {
        kind: answers.most_common(1)[0][0]
        for kind, answers in counts.items()
    }


class Nearest:
    """Answers as the training question did that is most alike in words.

    Alike is the cosine of the angle between their words, each weighed by
    how rare it is (Spärck Jones 1972: idf). Of equals the first counts.
    """

    def __init__(self, train: Sequence[Example]) -> None:
        self.answers = [each.messages[-1].content for each in train]
        found: dict[str, list[int]] = defaultdict(list)
        for number, example in enumerate(train):
            for word in words(example.messages[0].content):
                found[word].append(number)
        self.places = {
            word: np.array(where) for word, where in found.items()
        }
        self.rarity = {
            word: math.log(len(train) / len(where))
            for word, where in found.items()
        }
        squares = np.zeros(len(train))
        for word, where in self.places.items():
            squares[where] += self.rarity[word] ** 2
        self.lengths = np.sqrt(np.maximum(squares, 1e-12))

    def answer(self, question: str) -> str:
        """Return the answer to the training question that is nearest."""
        products = np.zeros(len(self.answers))
        for word in sorted(words(question) & self.places.keys()):
            products[self.places[word]] += self.rarity[word] ** 2
        return self.answers[int((products / self.lengths).argmax())]


def words(text: str) -> set[str]:
    """Return the words and numbers of a text, in small letters."""
    return set(re.findall(r"\w+", text.casefold()))
