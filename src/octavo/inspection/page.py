"""One page that shows attention to whoever points at a token.

The page needs nothing but itself: the numbers stand in it as JSON, and its
own policy forbids every request. The template is `page.html`.

Shapes: M moments, L layers, H heads, T time.
"""

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from octavo.foundation.files import write_text
from octavo.foundation.text import printable


def write_page(
    weights: NDArray[np.floating],
    labels: Sequence[str],
    pieces: Sequence[str],
    moments: Sequence[str],
    path: Path,
) -> None:
    """Write (M, L, H, T, T) weights as a page; M names for a slider.

    `pieces` are the tokens as text, and `labels` name them.
    """
    _, layers, heads, time, _ = weights.shape
    triangle = np.tril_indices(time)
    thousandths = np.rint(1000 * weights[..., *triangle].astype(float))
    data = {
        "labels": labels,
        "pieces": [printable(piece) for piece in pieces],
        "layers": layers,
        "heads": heads,
        "moments": moments,
        "weights": [
            moment.reshape(layers * heads, -1).astype(int).tolist()
            for moment in thousandths
        ],
    }
    title = f"Attention: {' '.join(printable(''.join(pieces)).split())}"
    template = files("octavo.inspection").joinpath("page.html")
    before, after = template.read_text("utf-8").split("{{data}}")
    before = before.replace("{{title}}", html.escape(title))
    write_text(path, before + as_json(data) + after)


def as_json(data: object) -> str:
    r"""Return JSON that may stand in a page's script.

    >>> as_json("</script>")
    '"\\u003c/script>"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
