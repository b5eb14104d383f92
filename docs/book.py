"""Picture the book for the README: its cover, and two facing pages.

    python docs/book.py

writes docs/book.png. The two pages are those on which attention's five
lines stand.
"""

import io
from pathlib import Path

import pypdf
from PIL import Image

from octavo.book.building import edition_of
from octavo.book.paper import book_text, compile_typst
from octavo.book.weaving import weave

SOURCE = Path(__file__).parents[1] / "book"
SHOWN = "attention.py scaled_dot_product_attention"  # above the listing
MARGIN, GROUND = 20, "#e6e2d9"
HEIGHT = 995  # of a page, in pixels


def main() -> None:
    """Press the book, and paste three of its pages."""
    edition = edition_of(SOURCE)
    text = book_text(weave(SOURCE), edition)
    left = left_page(compile_typst(text, edition.when))
    pages = compile_typst(text, edition.when, "png")
    cover, *facing = (
        opened(pages[number - 1]) for number in (1, left, left + 1)
    )
    paste(cover, *facing).save(SOURCE.parent / "docs/book.png")


def left_page(pdf: bytes) -> int:
    """Return the number of the left of the two pages that are shown."""
    for number, page in enumerate(
        pypdf.PdfReader(io.BytesIO(pdf)).pages, 1
    ):
        if SHOWN in " ".join(page.extract_text().split()):
            return number - number % 2
    raise ValueError(f"no page has {SHOWN}")


def opened(png: bytes) -> Image.Image:
    """Return a page as high as it is shown."""
    page = Image.open(io.BytesIO(png)).convert("RGB")
    width = round(page.width * HEIGHT / page.height)
    return page.resize((width, HEIGHT), Image.Resampling.LANCZOS)


def paste(cover: Image.Image, *facing: Image.Image) -> Image.Image:
    """Put the cover and the facing pages side by side, on a ground."""
    width = cover.width
    size = (3 * width + 5 * MARGIN, HEIGHT + 2 * MARGIN)
    sheet = Image.new("RGB", size, GROUND)
    sheet.paste(cover, (MARGIN, MARGIN))
    for place, page in enumerate(facing, 1):
        sheet.paste(page, (4 * MARGIN + place * width, MARGIN))
    return sheet.quantize(128, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
