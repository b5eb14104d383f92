"""Drawings as SVG, for what is not paper."""

from datetime import UTC, datetime

from octavo.book.document import Fence
from octavo.book.paper import compile_typst

ALONE = (
    "#set page(width: auto, height: auto, margin: 2pt, fill: none)\n"
    "#set text(font: serif, fill: ink)\n#picture[{}]"
)


def to_svg(figure: Fence) -> str:
    """Return a figure's drawing as an SVG, its letters as outlines."""
    text = ALONE.format(figure.picture)
    svg = compile_typst(text, datetime.fromtimestamp(0, UTC), "svg")
    return svg.decode()
