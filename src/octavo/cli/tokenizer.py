"""`octavo tokenizer`: train one, use it, look at it, compare it."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from octavo.cli.opening import open_tokenizer, read_text
from octavo.cli.tokenizer_compare import compare_command
from octavo.cli.tokenizer_view import view_command
from octavo.foundation import UserError
from octavo.foundation.text import printable
from octavo.text import load_corpus
from octavo.tokenizer import Tokenizer, bytes_per_token, longest_tokens

LONGEST = 12  # tokens shown after training

tokenizer_option = click.option(
    "--tokenizer",
    "name",
    required=True,
    metavar="FILE",
    help="A tokenizer.json, a run folder, or bytes, gpt2 or cl100k.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs."
)


@click.group()
def command() -> None:
    """Train a tokenizer; encode, decode, view and compare."""


command.add_command(view_command, "view")
command.add_command(compare_command, "compare")


@command.command("train")
@click.argument("corpus")
@click.option(
    "--vocab-size",
    type=int,
    required=True,
    help="How many ids, bytes and special tokens included.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The tokenizer.json to write.",
)
@click.option(
    "--pattern",
    default="qwen2",
    show_default=True,
    help="Where text is cut first: qwen2, gpt2, llama3 or cl100k.",
)
@click.option(
    "--field",
    default="text",
    show_default=True,
    help="The field of .jsonl lines that holds the text.",
)
@click.option("--force", is_flag=True, help="Replace the file --out names.")
@json_option
def train(
    corpus: str,
    vocab_size: int,
    out: Path,
    pattern: str,
    field: str,
    force: bool,
    as_json: bool,
) -> None:
    """Learn a vocabulary from the training part of CORPUS.

    CORPUS is a name from `octavo corpus list`, a file or a folder.
    """
    if out.exists() and not force:
        raise UserError(f"{out} exists: name another, or give --force")
    documents = load_corpus(corpus, field=field)
    started = time.perf_counter()
    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("merging", total=None)
        tokenizer = Tokenizer.train(
            (document.text for document in documents.train),
            vocab_size,
            pattern,
            progress=lambda done, total: bar.update(
                task, completed=done, total=total
            ),
        )
    seconds = time.perf_counter() - started
    held_out = [document.text for document in documents.held_out]
    report = {
        "tokenizer": str(out),
        "vocab_size": tokenizer.vocab_size,
        "wanted_vocab_size": vocab_size,
        "held_out_bytes_per_token": bytes_per_token(tokenizer, held_out),
        "longest_tokens": [
            token.decode(errors="replace")
            for token in longest_tokens(tokenizer, LONGEST)
        ],
        "seconds": seconds,
    }
    tokenizer.save(out)
    _print_json(report) if as_json else _print_report(report)


@command.command("encode")
@tokenizer_option
@click.argument("text", default="-")
@click.option(
    "--allow-special",
    multiple=True,
    metavar="NAME",
    help="Read NAME in the text as the special token; repeatable.",
)
@json_option
def encode(
    name: str, text: str, allow_special: tuple[str, ...], as_json: bool
) -> None:
    """Print the token ids of TEXT, or of standard input."""
    tokenizer = open_tokenizer(name)
    ids = tokenizer.encode(read_text(text), allow_special)
    if as_json:
        tokens = [tokenizer.decode([number]) for number in ids]
        _print_json({"ids": ids, "tokens": tokens})
    else:
        click.echo(" ".join(map(str, ids)))


@command.command("decode")
@tokenizer_option
@click.argument("ids", nargs=-1)
def decode(name: str, ids: tuple[str, ...]) -> None:
    """Print the text of IDS, or of the ids on standard input.

    A terminal gets printable text and a line end. A file or another
    program gets exactly the bytes of the tokens.
    """
    tokenizer = open_tokenizer(name)
    if ids in {(), ("-",)}:
        ids = tuple(read_text("-").split())
    numbers = [_number(word) for word in ids]
    if sys.stdout.isatty():
        click.echo(printable(tokenizer.decode(numbers)))
    else:
        sys.stdout.buffer.write(tokenizer.decode_bytes(numbers))
        sys.stdout.buffer.flush()


def _number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise UserError(
            f'"{word:.40}" is no token id: ids are whole'
        ) from None


def _print_json(report: dict[str, Any]) -> None:
    click.echo(json.dumps(report, indent=2, ensure_ascii=False))


def _print_report(report: dict[str, Any]) -> None:
    size, wanted = report["vocab_size"], report["wanted_vocab_size"]
    click.echo(f"vocabulary: {size:,} ids, in {report['tokenizer']}")
    if size < wanted:
        click.echo(
            f"(fewer than {wanted:,}: no two tokens are left to merge; "
            "train on more text, or ask for fewer)"
        )
    rate = report["held_out_bytes_per_token"]
    click.echo(f"held-out text: {rate:.3f} bytes per token")
    shown = ", ".join(map(repr, report["longest_tokens"]))
    click.echo(f"longest tokens: {shown}")
    click.echo(f"trained in {report['seconds']:.1f} s")
