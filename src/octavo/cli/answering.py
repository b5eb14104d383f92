"""What `octavo chat` and `octavo ask` share: an answer on the screen."""

import sys
from contextlib import closing
from pathlib import Path

import click

from octavo.finetuning.chat import Chat, load_chatting
from octavo.foundation.text import printable
from octavo.generation import Sampling
from octavo.training import choose_device


def open_chat(
    run: Path,
    tokens: int,
    temperature: float,
    top_k: int,
    top_p: float,
    device: str,
    seed: int,
) -> Chat:
    """Return a conversation with the model of a run, from options."""
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    model, tokenizer = load_chatting(run)
    model = model.to(choose_device(device))
    return Chat(model, tokenizer, sampling, seed, tokens)


def print_answer(chat: Chat, question: str) -> None:
    """Print an answer as it is written, and what there is to know of it."""
    forgotten = chat.forgotten
    with closing(chat.say(question)) as pieces:
        for piece in pieces:
            if not forgotten and chat.forgotten:
                forgotten = chat.forgotten
                tell(
                    "the conversation no longer fits the model's context; "
                    "from here on the oldest turns are forgotten"
                )
            click.echo(printable(piece), nl=False)
    click.echo()
    if chat.cut_off:
        more = "; --tokens allows more" * (chat.cut_off == chat.tokens)
        tell(f"cut off after {chat.cut_off} tokens{more}")


def tell(line: str) -> None:
    """Print a line that is no answer."""
    print(f"octavo: {line}", file=sys.stderr)
