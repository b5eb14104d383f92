"""`octavo chat` and `octavo ask`, with models that say what they must."""

import builtins
import json
import shutil
import signal

import pytest
import torch

from octavo.interop import save_model, save_tokenizer
from octavo.tokenizer import Tokenizer

from ..talker import TOKENIZER, talker
from .conftest import bad


def saved(folder, follows, context=96):
    model = talker(follows, context)
    save_model(model, folder)
    save_tokenizer(TOKENIZER, folder, context)
    return folder


@pytest.fixture(scope="module")
def ho(tmp_path_factory):
    """A model folder that answers "Ho" to everything."""
    folder = tmp_path_factory.mktemp("ho")
    return saved(folder, {"\n": "H", "H": "o", "o": ""})


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    """One that never ends, with a sign that a terminal would obey."""
    folder = tmp_path_factory.mktemp("endless")
    return saved(folder, {"\n": "\x1b", "\x1b": "a", "a": "a"})


GREEDY = ("--temperature", 0)


def test_one_question_gets_one_answer(octavo, ho, endless):
    assert octavo("ask", ho, "Who goes there?", *GREEDY).out == "Ho\n"
    done = octavo("ask", ho, "-", *GREEDY, given=b"Who?\n")
    assert (done.code, done.out, done.err) == (0, "Ho\n", "")
    done = octavo("ask", endless, "Who?", *GREEDY, "--tokens", 3)
    assert done.out == "\ufffdaa\n"
    assert done.err == (
        "octavo: cut off after 3 tokens; --tokens allows more\n"
    )


def test_an_answer_as_json(octavo, ho, endless):
    done = octavo("ask", ho, " Who? ", *GREEDY, "--json")
    assert json.loads(done.out) == {
        "question": "Who?",
        "answer": "Ho",
        "cut_off": False,
    }
    done = octavo("ask", endless, "Who?", *GREEDY, "--json", "--tokens", 2)
    assert json.loads(done.out)["answer"] == "\x1ba"
    assert json.loads(done.out)["cut_off"] is True


def test_a_pipe_is_answered_line_by_line(octavo, ho):
    given = "Who goes there?\n\n  \nné\r\nWhere".encode()
    done = octavo("chat", ho, *GREEDY, given=given)
    assert (done.code, done.out) == (0, "Ho\nHo\nHo\n")
    assert octavo("chat", ho, given=b"").out == ""
    line = bad(octavo("chat", ho, given=b"Hi\n\xff\n"))
    assert "standard input is no UTF-8 text: byte 0 is 0xff" in line


def test_what_is_forgotten_is_said_once(octavo, ho):
    done = octavo("chat", ho, *GREEDY, "--tokens", 9, given=b"Hi\n" * 9)
    assert done.out == "Ho\n" * 9
    assert done.err == (
        "octavo: the conversation no longer fits the model's context; from "
        "here on the oldest turns are forgotten\n"
    )


def test_a_line_too_long_is_told_and_the_chat_goes_on(octavo, ho):
    given = b"Hi\n" + b"x" * 99 + b"\nHi\n"
    done = octavo("chat", ho, *GREEDY, given=given)
    assert (done.code, done.out) == (0, "Ho\nHo\n")
    assert done.err.startswith("octavo: that is 1")
    assert done.err.count("\n") == 1
    assert "say less" in bad(octavo("ask", ho, "x" * 99))
    assert "is empty" in bad(octavo("ask", ho, " "))


class Keyboard:
    """A terminal at which somebody types; what is no text is raised."""

    def __init__(self, *typed: str | type[BaseException]) -> None:
        self.typed = iter((*typed, EOFError))

    def __call__(self, prompt: str) -> str:
        assert prompt == "> "
        line = next(self.typed)
        if isinstance(line, str):
            return line
        raise line


@pytest.fixture
def at_terminal(monkeypatch):
    def sit(*typed):
        monkeypatch.setattr(builtins, "input", Keyboard(*typed))
        monkeypatch.setattr(
            "octavo.cli.chat.sys", type("Sys", (), {"stdin": Terminal})
        )

    return sit


class Terminal:
    @staticmethod
    def isatty() -> bool:
        return True


def test_at_a_terminal_one_leaves_when_one_likes(octavo, ho, at_terminal):
    at_terminal("Hi", "", KeyboardInterrupt, "Hi")
    done = octavo("chat", ho, *GREEDY)
    assert (done.code, done.out) == (0, "Ho\nHo\n\n")
    assert done.err == (
        "Ctrl-C ends an answer, Ctrl-D the chat.\n\nCtrl-D ends the chat.\n"
    )


def test_ctrl_c_ends_an_answer_and_not_the_chat(
    octavo, endless, at_terminal, monkeypatch
):
    """The signal is real, and comes at the third token."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    read, calls = torch.nn.Linear.forward, []

    def forward(self, x):
        calls.append(self.out_features == TOKENIZER.vocab_size)
        if calls[-1] and sum(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return read(self, x)

    monkeypatch.setattr(torch.nn.Linear, "forward", forward)
    at_terminal("Hi", "Hi")
    done = octavo("chat", endless, *GREEDY, "--tokens", 5)
    signal.signal(signal.SIGINT, before)
    assert (done.code, done.out) == (0, "\ufffda\n\ufffdaaaa\n\n")


def test_in_a_pipe_ctrl_c_stops(octavo, ho, monkeypatch):
    def stop(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("octavo.cli.chat.print_answer", stop)
    done = octavo("chat", ho, given=b"Hi\nHi\n")
    assert (done.code, done.err) == (130, "\noctavo: stopped\n")


@pytest.mark.parametrize("verb", [("chat",), ("ask", "Who?")])
def test_who_never_learned_to_answer_says_so(octavo, run, tmp_path, verb):
    name, *rest = verb
    line = bad(octavo(name, run, *rest))
    assert line == (
        f"octavo: {run} has not learned to answer: octavo finetune {run} "
        "--examples shakespeare --out NEW teaches it"
    )
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / "recipe.toml").unlink()
    Tokenizer.bytes().save(copy / "tokenizer.json")
    line = bad(octavo(name, copy, *rest))
    assert "this vocabulary has no <|im_start|> and cannot chat" in line
    assert (
        "there is no" in bad(octavo(name, tmp_path / "no", *rest)) or True
    )


def test_options_are_checked(octavo, ho):
    for option, value in (("--tokens", 0), ("--top-p", 2), ("--seed", -1)):
        name = option.removeprefix("--").replace("-", "_")
        assert name in bad(octavo("ask", ho, "Who?", option, value))


def test_questions_are_told_by_kind(octavo, ho, monkeypatch):
    row = {
        "questions": 1500, "right": 750, "accuracy": 0.5, "low": 0.4749,
        "high": 0.5251, "most_frequent": 0.011, "nearest": 0.9,
    }  # fmt: skip
    result = {"run": "x", "kinds": {"sum": row}, "all": row, "answers": []}
    monkeypatch.setattr(
        "octavo.cli.evaluate.question_run", lambda *_given: result
    )
    done = octavo("evaluate", ho, "--questions")
    _, *rows = done.out.splitlines()
    shares = "1,500 50.0% 47.5% and 52.5% 1.1% 90.0%"
    assert [" ".join(line.split()) for line in rows] == [
        f"sum {shares}",
        f"all {shares}",
    ]
    done = octavo("evaluate", ho, "--questions", "--json")
    assert json.loads(done.out) == result
    line = bad(octavo("evaluate", ho, "--questions", "--baselines"))
    assert "leave out --corpus and --baselines" in line


def test_questions_are_for_who_learned_to_answer(octavo, run):
    line = bad(octavo("evaluate", run, "--questions"))
    assert f"{run} has not learned to answer" in line


def test_poetry_is_told_beside_the_real(octavo, ho, monkeypatch):
    row = {"sonnets": 100, "fourteen_lines": 0.5, "syllables": 9.96,
           "rhymes": 0.25}  # fmt: skip
    copies = {"longest_copy": 9, "copied_8grams": 0.041}
    result = {
        "run": "x", "written": {}, "all": {"texts": 300, **copies},
        "sonnets": {"real": row, "base": row | copies,
                    "model": row | copies},
    }  # fmt: skip
    monkeypatch.setattr(
        "octavo.cli.evaluate.poetry_run", lambda *_given: result
    )
    done = octavo("evaluate", ho, "--poetry")
    _, *rows, _, last = done.out.splitlines()
    assert [" ".join(line.split()) for line in rows] == [
        "Shakespeare's 100 50% 10.0 25%",
        "the base's 100 50% 10.0 25% 4.1% 9 words",
        "this model's 100 50% 10.0 25% 4.1% 9 words",
    ]
    assert last.startswith("Of all 300 texts that it wrote, 4.1% of the")
    assert last.endswith("the longest copy has 9 words.")
    done = octavo("evaluate", ho, "--poetry", "--json")
    assert json.loads(done.out) == result
    line = bad(octavo("evaluate", ho, "--poetry", "--questions"))
    assert "one at a time" in line
