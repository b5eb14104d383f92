"""The options by which a user says how a model is to write."""

from collections.abc import Callable
from typing import Any

import click

from octavo.foundation import UserError


def writing_options(
    tokens: int = 200, temperature: float = 0.8
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds these options, with their usual values."""
    options = (
        click.option(
            "--tokens",
            default=tokens,
            callback=_at_least_one,
            help="How many to write at most.",
        ),
        click.option(
            "--temperature",
            default=temperature,
            help="0 takes the likeliest.",
        ),
        click.option(
            "--top-k", default=50, help="Choose among so many; 0: all."
        ),
        click.option(
            "--top-p", default=1.0, help="Choose among this share."
        ),
        click.option(
            "--device", default="cpu", help="cpu, cuda, mps or auto."
        ),
        click.option(
            "--seed", default=0, help="Decides the random choices."
        ),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _at_least_one(
    _context: click.Context, _option: click.Parameter, tokens: int
) -> int:
    """Return a number of tokens to write, or raise UserError."""
    if tokens < 1:
        raise UserError(f"--tokens is {tokens}; it must be at least 1")
    return tokens
