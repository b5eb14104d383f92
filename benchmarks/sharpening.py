"""How heads learn where to look: the record behind a drawing.

    python benchmarks/sharpening.py RUN 2.4 6.5

prints it as JSON, from the run's `attention.safetensors`: the tokens, the
steps of the moments, among how many tokens each head spreads its look at
each moment (moments x layers x heads), and for the heads that are named, as
LAYER.HEAD counted from one, their weights at each moment.
"""

import json
import sys
from pathlib import Path
from typing import Any

from octavo.inspection.evolution import Evolution, tokens_looked_at
from octavo.tokenizer import Tokenizer


def sharpening(run: Path, names: list[str]) -> dict[str, Any]:
    """Return the record; shares to three places, above the mask none."""
    seen, tokenizer = Evolution.read(run), Tokenizer.load(run)
    heads = {}
    for name in names:
        layer, head = (int(number) - 1 for number in name.split("."))
        heads[name] = [
            [
                [round(float(one), 3) for one in row[: i + 1]]
                for i, row in enumerate(moment[layer, head])
            ]
            for moment in seen.weights
        ]
    return {
        "tokens": [tokenizer.decode([one]) for one in seen.sentence.ids],
        "steps": seen.steps,
        "looked_at": tokens_looked_at(seen.weights).round(2).tolist(),
        "heads": heads,
    }


if __name__ == "__main__":
    print(json.dumps(sharpening(Path(sys.argv[1]), sys.argv[2:])))
