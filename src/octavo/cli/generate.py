"""`octavo generate`: a trained model writes."""

import sys
from pathlib import Path

import click

from octavo.cli.writing import writing_options
from octavo.foundation.text import printable
from octavo.generation import Sampling, generate, tail_length
from octavo.tokenizer import Tokenizer, decode_stream
from octavo.training import choose_device, load_trained


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", default="\n", help="What the text begins with.")
@writing_options()
def command(
    run: Path,
    prompt: str,
    tokens: int,
    temperature: float,
    top_k: int,
    top_p: float,
    device: str,
    seed: int,
) -> None:
    """Let the model of RUN continue a prompt.

    RUN may be any Hugging Face folder with a Qwen3 or Llama model and a
    byte-level tokenizer. The text is printed as it is written.
    """
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    model = load_trained(run).to(choose_device(device))
    tokenizer = Tokenizer.load(run / "tokenizer.json")
    ids = tokenizer.encode(prompt)
    context = model.config.context
    if len(ids) > context:
        print(
            f"octavo: the prompt is {len(ids)} tokens long and the model "
            f"sees {context}: it reads the last {tail_length(context)}",
            file=sys.stderr,
        )
    new = generate(
        model, ids, tokens, sampling, seed, tokenizer.end_of_text
    )
    click.echo(printable(prompt), nl=False)
    for piece in decode_stream(tokenizer, new):
        click.echo(printable(piece), nl=False)
    click.echo()
