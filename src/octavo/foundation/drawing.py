"""One visual language for every drawing: ink, paper, and few colours.

Pictures are drawn without a screen and written as PNG or SVG, by the name
that they are given; animations as GIF.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from octavo.foundation.files import replacing

INK, FAINT, PAPER = "#22223b", "#9a8c98", "#fffdf8"
RED, BLUE, GOLD = "#b23a48", "#2e5e8c", "#c98c1a"

LOOK: dict[Any, Any] = {
    "axes.edgecolor": FAINT,
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Serif",
    "font.size": 10.5,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "octavo",  # the same drawing gives the same bytes
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
}


@contextmanager
def drawing(
    path: Path, width: float = 8.0, height: float = 4.5
) -> Iterator[Figure]:
    """Yield a figure to draw on; write it to `path` when the block ends.

    Sizes are in inches, at 150 dots each in a PNG.
    """
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        kind = path.suffix.removeprefix(".")
        date = {"Date": None} if kind == "svg" else {"Software": None}
        with replacing(path) as temporary, all_scripts():
            figure.savefig(temporary, format=kind, dpi=150, metadata=date)


def write_animation(
    path: Path,
    frames: Sequence[Callable[[Figure], None]],
    milliseconds: Sequence[int],
    width: float,
    height: float,
) -> None:
    """Write a GIF that repeats: a function draws each frame on a figure.

    Sizes are in inches, at 110 dots each; each frame has its own time.
    """
    images = []
    with mpl.rc_context(LOOK), all_scripts():
        for draw in frames:
            figure = Figure(figsize=(width, height), dpi=110)
            draw(figure)
            frame = io.BytesIO()
            figure.savefig(frame, format="png", dpi=110)
            images.append(Image.open(frame).convert("RGB").quantize(64))
    with replacing(path) as temporary:
        images[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=images[1:],
            duration=list(milliseconds),
            loop=0,
        )


@contextmanager
def all_scripts() -> Iterator[None]:
    """Draw a box, and say nothing, for a letter that the font lacks.

    Models write in all scripts.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield
