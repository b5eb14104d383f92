"""`octavo ask`: one question, one answer."""

import json
from pathlib import Path
from typing import Any

import click

from octavo.cli.answering import open_chat, print_answer
from octavo.cli.opening import read_text
from octavo.cli.writing import writing_options


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("question")
@writing_options(tokens=320)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(run: Path, question: str, as_json: bool, **how: Any) -> None:
    """Ask the model of RUN, which octavo finetune made, a QUESTION.

    The answer is printed as it is written. "-" takes the question from
    standard input.
    """
    chat = open_chat(run, **how)
    asked = read_text(question).strip()
    if not as_json:
        print_answer(chat, asked)
        return
    answer = "".join(chat.say(asked))
    found = {
        "question": asked,
        "answer": answer,
        "cut_off": bool(chat.cut_off),
    }
    click.echo(json.dumps(found))
