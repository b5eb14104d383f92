"""What a model writes: short looks while it learns, and the final verse."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from octavo.generation import Sampling, generate
from octavo.model import Transformer
from octavo.tokenizer import StreamDecoder, Tokenizer
from octavo.training.run import load_trained

SAMPLE_TOKENS = 64
MOST_TOKENS_PER_LINE = 60  # a model that never ends a line is cut off


def write_sample(
    model: Transformer, tokenizer: Tokenizer, prompt: str, seed: int
) -> str:
    """Return the prompt and what the model writes after it."""
    new = continuation(
        model, tokenizer.encode(prompt), tokenizer.end_of_text, seed=seed
    )
    return prompt + tokenizer.decode(new)


def continuation(
    model: Transformer,
    prompt: Sequence[int],
    stop: int | None,
    sampling: Sampling | None = None,
    seed: int = 0,
) -> list[int]:
    """Return some ids after the prompt, without the dropout of training."""
    was_training = model.training
    model.eval()
    new = generate(model, prompt, SAMPLE_TOKENS, sampling, seed, stop)
    ids = list(new)
    model.train(was_training)
    return ids


def write_verse(
    folder: Path, prompt: str, num_lines: int, seed: int = 0
) -> Iterator[str]:
    """Yield lines by the model of a run, prompt first, blank ones too.

    `num_lines` counts the lines that are not blank. Where the model ends a
    document, a line ends, and it goes on with the next one.
    """
    model = load_trained(folder)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    decoder = StreamDecoder(tokenizer)
    new = generate(
        model,
        tokenizer.encode(prompt),
        num_lines * MOST_TOKENS_PER_LINE,
        seed=seed,
    )
    rest, written = prompt, 0
    for token in new:
        ends = token == tokenizer.end_of_text
        rest += "\n" if ends else decoder.feed([token])
        while "\n" in rest and written < num_lines:
            line, rest = rest.split("\n", 1)
            written += bool(line.strip())
            yield line
        if written == num_lines:
            return
    yield rest + decoder.finish()
