"""Write docs/parity.md: how far the twins are from PyTorch.

In the repository: python benchmarks/parity.py
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from octavo.foundation.files import write_text
from octavo.model import ModelConfig
from octavo.twins.loading import TWINS
from octavo.twins.parity import BOUNDS, SHAPES, Difference, compare

PAGE = Path(__file__).parents[1] / "docs" / "parity.md"
NAMES = {"numpy": "NumPy", "jax": "JAX"}
DIGITS = {"float64": "double", "float32": "single"}
Compare = Callable[[str, ModelConfig, str], Difference]
TEXT = """\
# The twins and their parity

Octavo computes its transformer three times: in PyTorch, which trains and
writes; in NumPy, with every gradient derived by hand; and in JAX. All three
take the same parameters under the same names.

| | PyTorch | NumPy | JAX |
|---|---|---|---|
| lives in | `octavo.model` | `octavo.twins.numpy_model` | \
`octavo.twins.jax_model` |
| norms, positions, networks, heads | all | all | all |
| gradients | autograd | by hand | `jax.grad` |
| optimizer | Muon and AdamW | AdamW | AdamW |
| `octavo train --backend` | `torch` | `numpy` | `jax` |
| dropout | yes | no | no |
| key-value cache, generation | yes | no | no |
| compiled | no | no | yes |

## Shapes

Between them these use every part that a config can ask for.

{shapes}
## Differences

Each shape's random weights are given to all three, with a batch of tokens.
The table has the largest difference from PyTorch, relative to the largest
number, among the logits, the loss and the gradients of every parameter. In
double precision a wrong formula has no rounding to hide behind; training
computes in single. Tests hold every cell below {float64:g} (double) and
{float32:g} (single).

{differences}
Measured with PyTorch {torch}, NumPy {numpy} and JAX {jax} by
`python benchmarks/parity.py`, which writes this page.
"""


def page(compare: Compare) -> str:
    """Return the page's text, with the differences that are found."""
    shapes = [[name, describe(c)] for name, c in SHAPES.items()]
    columns = [(twin, dtype) for twin in TWINS for dtype in BOUNDS]
    titles = [f"{NAMES[twin]}, {DIGITS[dtype]}" for twin, dtype in columns]
    differences = [
        [name, *(f"{compare(t, c, d).largest:.1e}" for t, d in columns)]
        for name, c in SHAPES.items()
    ]
    return TEXT.format(
        shapes=table(["shape", "made of"], shapes),
        differences=table(["shape", *titles], differences),
        **BOUNDS,
        **{name: version(name) for name in ("torch", "numpy", "jax")},
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def describe(config: ModelConfig) -> str:
    """Return the parts of a shape, in a few words."""
    norm = "RMSNorm" if config.norm == "rms" else "LayerNorm"
    heads = f"{config.num_heads} heads {config.head_width} wide"
    if config.num_kv_heads < config.num_heads:
        heads += f" on {config.num_kv_heads}"
    return ", ".join(
        [
            f"{config.num_layers} layers",
            norm,
            f"{config.positions} positions".replace("none", "no"),
            *["QK-norm"] * config.qk_norm,
            heads,
            "SwiGLU" if config.mlp == "swiglu" else "GELU",
            "biases" if config.bias else "no biases",
            "tied head" if config.tied_head else "free head",
        ]
    )


if __name__ == "__main__":
    write_text(PAGE, page(compare))
    print(f"wrote {PAGE}")
