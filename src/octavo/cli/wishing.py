"""The options by which a user says what run to make."""

from collections.abc import Callable
from typing import Any

import click

from octavo.training import SIZES
from octavo.training.memory.limit import parse_memory
from octavo.training.memory.precision import AUTO
from octavo.training.recipe import PRECISIONS

OPTIONS = (
    click.option("--corpus", help="A corpus's name, or a file or folder."),
    click.option(
        "--field", default="text", help="The text's key in .jsonl."
    ),
    click.option("--minutes", type=float, help="Train about this long."),
    click.option("--tokens", type=int, help="Train on this many tokens."),
    click.option("--size", help=f"One of {', '.join(SIZES)}."),
    click.option("--context", type=int, help="Tokens that the model sees."),
    click.option("--batch-size", type=int, help="Windows in a step."),
    click.option(
        "--memory-limit",
        metavar="SIZE",
        callback=lambda _context, _option, text: (
            text and parse_memory(text)
        ),
        help="Stay within 4GiB, say, of memory; for PyTorch on the CPU.",
    ),
    click.option(
        "--precision",
        default=AUTO,
        help=f"Of products: {', '.join(PRECISIONS)}, or auto.",
    ),
    click.option(
        "--accumulate",
        default=1,
        metavar="N",
        help="Read a step's batch in N parts, for less memory.",
    ),
    click.option(
        "--checkpoint-activations",
        is_flag=True,
        help="Compute blocks twice instead of keeping them.",
    ),
    click.option(
        "--loss-chunk",
        default=0,
        metavar="N",
        help="Hold the logits of N tokens at a time; 0 holds all.",
    ),
    click.option(
        "--tokenizer",
        default="train",
        help='"train" a new one, "bytes", or a tokenizer.json.',
    ),
    click.option("--vocab-size", type=int, help="Of a new tokenizer."),
    click.option("--prompt", help="What samples begin with."),
    click.option(
        "--backend",
        default="torch",
        help="What computes: torch, numpy (by hand), or jax.",
    ),
    click.option(
        "--device",
        default="auto",
        help="Where torch computes: cpu, cuda (NVIDIA), mps (Apple), auto.",
    ),
    click.option(
        "--on-nan",
        default="stop",
        help="At a loss that is no number: stop, or skip the batch.",
    ),
    click.option("--seed", default=0, help="Decides every random choice."),
)


def wish_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for each field of a Wish."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
