"""The `octavo` command: finds the verb, runs it, turns errors into lines.

A verb lives in the module of its name, as a click command called `command`.
Modules are imported only when their verb is called, so that `octavo --help`
needs neither torch nor NumPy.
"""

import sys
import traceback
from importlib import import_module

import click

from octavo import __version__
from octavo.foundation import UserError, did_you_mean

VERBS = {
    "quickstart": "From nothing to verse: fetch, train, write.",
    "corpus": "List, fetch and look at corpora.",
    "tokenizer": "Train a tokenizer; encode, view, compare.",
    "plan": "Time, memory and loss of a run, beforehand.",
    "train": "Train a model on a corpus.",
    "finetune": "Teach a trained model to answer.",
    "chat": "Talk with a model that learned to answer.",
    "ask": "Ask such a model one question.",
    "generate": "Write text with a trained model.",
    "evaluate": "Measure a model on its held-out text.",
    "doctor": "Say what is wrong with a run, and what to try.",
    "inspect": "Look inside a model: parts, shapes, attention.",
    "book": "Make the book: PDF, web pages, notebooks.",
}
# What the extra `book` brings.
PRESS = [
    "fontTools",
    "fontpkg_eb_garamond",
    "fontpkg_inconsolata",
    "markdown_it",
    "mdit_py_plugins",
    "spellchecker",
    "typst",
]


class Verbs(click.Group):
    """A group of verbs, each imported when it is first needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order in which a newcomer meets them."""
        return list(VERBS)

    def get_command(
        self, ctx: click.Context, cmd_name: str
    ) -> click.Command | None:
        """Import a verb's module and return its command."""
        if cmd_name not in VERBS:
            hint = did_you_mean(cmd_name, VERBS)
            raise click.UsageError(
                f'no such verb "{cmd_name}"{hint or "; see octavo --help"}'
            )
        module = import_module(f"octavo.cli.{cmd_name}")
        found: click.Command = module.command
        return found

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="octavo")
@click.option(
    "--debug", is_flag=True, help="Show the traceback behind an error."
)
def octavo(debug: bool) -> None:
    """Build, train and use a language model, on this machine."""


def main() -> None:
    """Run the command line; exit 0 (done), 2 (user) or 1 (our fault)."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    if debug:  # accepted before and after the verb alike
        arguments.remove("--debug")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows: verse is UTF-8 too
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        octavo.main(arguments, prog_name="octavo", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except SystemExit:  # click, when the reader of our output has gone
        raise
    except BaseException as error:
        if debug:
            traceback.print_exception(error)
        code, message = explain(error)
        print(f"octavo: {message}", file=sys.stderr)
        sys.exit(code)


def explain(error: BaseException) -> tuple[int, str]:
    """Return the exit code and the line that an error deserves."""
    if isinstance(error, click.exceptions.Abort | KeyboardInterrupt):
        return 130, "stopped"
    if isinstance(error, click.ClickException):
        return 2, " ".join(error.format_message().split())
    if isinstance(error, UserError):
        return 2, str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return 2, f"{error.filename or 'system'}: {reason}"
    if line := what_is_lacking(error):
        return 2, line
    return 1, (
        f"a fault of ours ({type(error).__name__}: {error}); run it again "
        "with --debug and report what it prints"
    )


def what_is_lacking(error: BaseException) -> str:
    """Return what the machine lacks, and a way out; "" if it has all."""
    words = str(error)
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").split(".")[0]
        extra = "the press is not installed: pip install 'octavo[book]'"
        return extra if package in PRESS else ""
    if isinstance(error, NotImplementedError) and "MPS" in words:
        return (
            "this PyTorch lacks an operator for mps: use --device cpu, or "
            "set PYTORCH_ENABLE_MPS_FALLBACK=1, which leaves that operator "
            "to the CPU"
        )
    full = "allocate memory" in words or "out of memory" in words
    if full or isinstance(error, MemoryError):
        return (
            "this machine has too little memory for that: a smaller "
            "--batch-size, --context or --size needs less"
        )
    return ""
