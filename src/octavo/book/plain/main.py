"""From a text to a model that writes: all of the above, in its order."""

from argparse import ArgumentParser
from pathlib import Path

import torch

from octavo.book.plain.model import ModelConfig, Transformer
from octavo.book.plain.tokens import Tokenizer, train_bpe
from octavo.book.plain.training import Recipe, bits_per_byte, train
from octavo.book.plain.writing import generate


def main() -> None:
    """Learn from nine tenths of a text, foretell the last, and write."""
    parser = ArgumentParser(description="Train a small model on a text.")
    parser.add_argument("file", type=Path, help="UTF-8, at least 100 kB")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--merges", type=int, default=768)
    parser.add_argument("--prompt", default="\n")
    wanted = parser.parse_args()
    try:
        text = wanted.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"cannot read {wanted.file}: {error}")
    place = int(0.9 * len(text))
    taught, held_out = text[:place], text[place:]

    tokenizer = Tokenizer(train_bpe(taught, wanted.merges))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    ids = torch.tensor(tokenizer.encode(taught), device=device)
    others = torch.tensor(tokenizer.encode(held_out), device=device)
    print(f"{len(ids):,} tokens to train on, {len(others):,} held out")

    config = ModelConfig(vocab_size=len(tokenizer.tokens))
    if len(ids) < 2 * config.context:
        parser.error(f"{wanted.file} is too short to learn from")
    torch.manual_seed(0)
    model = Transformer(config).to(device)
    print(f"{sum(x.numel() for x in model.parameters()):,} parameters")
    recipe = Recipe(num_steps=wanted.steps)
    for step, loss in enumerate(train(model, ids, recipe), start=1):
        if step == 1 or step % 25 == 0:
            print(f"step {step:4}  loss {loss:.4f}", flush=True)
    scored = torch.cat((ids[-1:], others))  # what the first one follows
    score = bits_per_byte(model, scored, len(held_out.encode()))
    print(f"held out: {score:.3f} bits per byte\n")
    prompt = tokenizer.encode(wanted.prompt)
    new = generate(model, prompt, num_tokens=200)
    print(wanted.prompt + tokenizer.decode(new))


if __name__ == "__main__":
    main()
