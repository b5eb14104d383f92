"""`octavo chat`: a conversation in the terminal."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from octavo.cli.answering import open_chat, print_answer, tell
from octavo.cli.opening import as_text
from octavo.cli.writing import writing_options
from octavo.foundation import UserError

with suppress(ImportError):  # Windows: its terminals can edit by themselves
    import readline  # noqa: F401  (from now on `input` keeps a history)


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@writing_options(tokens=320)
def command(run: Path, **how: Any) -> None:
    """Talk with the model of RUN, which octavo finetune made.

    It remembers the conversation as far as its context reaches. Ctrl-C
    ends an answer, Ctrl-D the chat. What comes through a pipe is taken
    line by line.
    """
    chat = open_chat(run, **how)
    is_terminal = sys.stdin.isatty()
    for question in typed() if is_terminal else piped():
        if not question:
            continue
        try:
            print_answer(chat, question)
        except UserError as error:  # of this question: others may do
            tell(str(error))
        except KeyboardInterrupt:
            if not is_terminal:
                raise
            click.echo()


def typed() -> Iterator[str]:
    """Yield what is typed after a prompt, until Ctrl-D."""
    click.echo("Ctrl-C ends an answer, Ctrl-D the chat.", err=True)
    while True:
        try:
            line = input("> ")
        except KeyboardInterrupt:
            click.echo("\nCtrl-D ends the chat.", err=True)
            continue
        except EOFError:
            click.echo()
            return
        yield line.strip()


def piped() -> Iterator[str]:
    """Yield the lines of standard input."""
    for line in sys.stdin.buffer:
        yield as_text(line).strip()
