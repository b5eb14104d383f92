"""What a trained model makes of one line: the record behind a drawing.

    python benchmarks/line.py RUN "To be, or not to" " be"

prints it as JSON: the tokens and their ids, the first numbers of their
vectors, the first block's attention (the mean of its heads), the likeliest
next tokens at each place, and at the last place also after each block, and
the loss at each place, in nats.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from octavo.inspection import attention_weights, guesses
from octavo.tokenizer import Tokenizer
from octavo.training import load_trained

NUMBERS, MOST = 8, 5


def line(run: Path, text: str, then: str) -> dict[str, Any]:
    """Return all of it, numbers to four figures."""
    model, tokenizer = load_trained(run), Tokenizer.load(run)
    *ids, last = tokenizer.encode(text + then)
    found = guesses(model, ids)
    came = [*ids[1:], last]

    def likeliest(probabilities: Any) -> list[tuple[str, float]]:
        shares, chosen = probabilities.topk(MOST)
        words = [tokenizer.decode([number]) for number in chosen.tolist()]
        return list(zip(words, rounded(shares), strict=True))

    vectors = model.embedding.weight[ids, :NUMBERS]
    return {
        "config": asdict(model.config),
        "parameters": model.num_parameters(),
        "tokens": [tokenizer.decode([number]) for number in [*ids, last]],
        "ids": ids,
        "vectors": rounded(vectors),
        "looks": rounded(attention_weights(model, ids)[0].mean(dim=0)),
        "places": list(map(likeliest, found[-1])),
        "depths": list(map(likeliest, found[:, -1])),
        "losses": rounded(-found[-1][range(len(ids)), came].log()),
    }


def rounded(numbers: Any) -> Any:
    """Return a tensor as lists, numbers to four figures."""
    if numbers.dim() > 1:
        return list(map(rounded, numbers))
    return [float(f"{number:.4g}") for number in numbers.tolist()]


if __name__ == "__main__":
    print(json.dumps(line(Path(sys.argv[1]), *sys.argv[2:])))
