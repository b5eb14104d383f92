"""Answers are counted right, beside two that understand nothing."""

import math

import pytest

from octavo.finetuning import questions as module
from octavo.finetuning.examples import Example, Examples, Question
from octavo.finetuning.messages import exchange
from octavo.finetuning.questions import (
    Nearest,
    commonest_answers,
    question_run,
    wilson,
)
from octavo.interop import save_model, save_tokenizer

from ..talker import TOKENIZER, talker


def taught(*pairs: tuple[str, str, str]) -> tuple[Example, ...]:
    return tuple(
        Example(kind=kind, messages=exchange(asked, said))
        for kind, asked, said in pairs
    )


TRAIN = taught(
    ("play", "Which play is Iago in?", "Othello."),
    ("play", "Where does Iago appear?", "Othello."),
    ("play", "Which play is Viola in?", "Twelfth Night."),
    ("talk", "Who are you?", "Ho"),
)


def test_the_interval_is_the_textbooks():
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for right, count, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(right, count) == pytest.approx((low, high), abs=5e-5)
    low, high = wilson(20, 20)
    assert high == 1
    assert low == pytest.approx(1 - 0.1611, abs=5e-5)


def test_the_commonest_answer_of_a_kind():
    assert commonest_answers(TRAIN) == {"play": "Othello.", "talk": "Ho"}


def test_the_nearest_question_has_the_same_rare_words():
    nearest = Nearest(TRAIN)
    assert nearest.answer("In which play does VIOLA appear?") == (
        "Twelfth Night."
    )
    assert nearest.answer("Find Iago for me!") == "Othello."
    assert nearest.answer("what?") == "Othello."  # the first of equals
    # By hand: "are" and "you" stand in one question of four, "who" too.
    rare = math.log(4)
    assert nearest.rarity["you"] == rare
    assert nearest.lengths[3] == pytest.approx(math.sqrt(3) * rare)


def test_a_run_is_asked_and_counted(tmp_path, monkeypatch):
    """The model says "Ho" whatever it is asked."""
    save_model(talker({"\n": "H", "H": "o", "o": ""}, 64), tmp_path)
    save_tokenizer(TOKENIZER, tmp_path, 64)
    asked = (
        Question(kind="talk", question="And who are you?", answer="ho."),
        Question(kind="talk", question="So who are you now", answer="Ha."),
        Question(kind="play", question="Iago?", answer="Othello"),
        Question(kind="play", question="x" * 99, answer="Othello"),
        Question(kind="sonnet", question="A sonnet!", answer=None),
    )
    examples = Examples(train=TRAIN, test=asked)
    monkeypatch.setattr(module, "load_corpus", lambda name: name)
    monkeypatch.setattr(
        module, "build_examples", lambda _corpus, seed: [examples][seed]
    )
    found = question_run(tmp_path)
    assert found["run"] == str(tmp_path)
    low, high = wilson(1, 2)
    assert found["kinds"]["talk"] == {
        "questions": 2, "right": 1, "accuracy": 0.5, "low": low,
        "high": high, "most_frequent": 0.5, "nearest": 0.5,
    }  # fmt: skip
    low, high = wilson(0, 2)
    assert found["kinds"]["play"] == {
        "questions": 2, "right": 0, "accuracy": 0.0, "low": low,
        "high": high, "most_frequent": 1.0, "nearest": 1.0,
    }  # fmt: skip
    assert (found["all"]["questions"], found["all"]["right"]) == (4, 1)
    assert [each["answer"] for each in found["answers"]] == [
        "Ho", "Ho", "Ho", ""
    ]  # fmt: skip
    assert found["answers"][0] == {
        "kind": "talk", "question": "And who are you?", "expected": "ho.",
        "answer": "Ho", "right": True,
    }  # fmt: skip
