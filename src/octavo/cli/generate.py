"""`octavo generate`: a trained model writes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from octavo.foundation import UserError
from octavo.foundation.text import printable
from octavo.generation import Sampling, generate, tail_length
from octavo.tokenizer import StreamDecoder, Tokenizer
from octavo.training import choose_device, load_trained


@click.command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", default="\n", help="What the text begins with.")
@click.option("--tokens", default=200, help="How many to write at most.")
@click.option("--temperature", default=0.8, help="0 takes the likeliest.")
@click.option("--top-k", default=50, help="Choose among so many; 0: all.")
@click.option("--top-p", default=1.0, help="Choose among this share.")
@click.option("--device", default="cpu", help="cpu, cuda, mps or auto.")
@click.option("--seed", default=0, help="Decides the random choices.")
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
    if tokens < 1:
        raise UserError(f"--tokens is {tokens}; it must be at least 1")
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
    for piece in decoded(tokenizer, new):
        click.echo(printable(piece), nl=False)
    click.echo()


def decoded(tokenizer: Tokenizer, ids: Iterable[int]) -> Iterator[str]:
    """Yield text as soon as its characters are whole."""
    decoder = StreamDecoder(tokenizer)
    for token in ids:
        yield decoder.feed([token])
    yield decoder.finish()
