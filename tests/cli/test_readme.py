"""What the README shows works: its Python runs, its commands are known."""

import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import click
import pytest

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    text = README.read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> list[list[str]]:
    """Return the words of each `octavo` command line."""
    lines = "\n".join(blocks("sh")).splitlines()
    found = [
        re.search(r"(?:^|\| |&& |/)(octavo .*)", line) for line in lines
    ]
    return [
        shlex.split(match[1], comments=True) for match in found if match
    ]


@pytest.fixture(scope="module")
def home(run, tmp_path_factory):
    """A folder in which the quickstart seems to have been run."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(run, folder / "runs" / "quickstart")
    return folder


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_runs(number, home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    names: dict[str, object] = {}
    exec(blocks("python")[number], names)
    if "new" in names:
        assert len(capsys.readouterr().out) > 50
    else:
        assert names["tokenizer"].eos_token == "<|endoftext|>"


def test_there_is_python_to_run():
    assert len(blocks("python")) == 2


def test_the_commands_are_all_found():
    verbs = [words[1] for words in commands()]
    assert {"quickstart", "corpus", "train", "generate", "evaluate",
            "tokenizer"} <= set(verbs)  # fmt: skip
    assert len(verbs) >= 10


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_has_the_options_that_are_shown(words):
    """Parsed as it would be, and not run."""
    _, verb, *rest = words
    command = import_module(f"octavo.cli.{verb}").command
    context = None
    while isinstance(command, click.Group):
        name, *rest = rest
        context = click.Context(command, context)
        command = command.get_command(context, name)
        assert command is not None, words
    command.make_context(verb, rest, parent=context)
