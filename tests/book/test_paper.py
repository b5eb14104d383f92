"""The book itself, pressed once for all of these tests."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from octavo.book.building import edition_of
from octavo.book.document import Fence
from octavo.book.paper import book_text, compile_typst, write_pdf
from octavo.book.weaving import Book, weave

SOURCE = Path(__file__).parents[2] / "book"


@pytest.fixture(scope="module")
def woven() -> Book:
    return weave(SOURCE)


@pytest.fixture(scope="module")
def pages(woven, tmp_path_factory) -> list[str]:
    path = tmp_path_factory.mktemp("book") / "octavo.pdf"
    write_pdf(woven, edition_of(SOURCE), path)
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def test_the_page_is_an_octavo(woven):
    edition = edition_of(SOURCE)
    pdf = compile_typst(book_text(woven, edition), edition.when)
    again = compile_typst(book_text(woven, edition), edition.when)
    assert pdf == again
    first = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    millimetres = [round(float(size) / 72 * 25.4) for size in first[2:]]
    assert millimetres == [156, 234]


def test_every_listing_can_be_copied_out_of_the_pdf(woven, pages):
    # A listing may go on below the next page's running head.
    lines = [line for page in pages for line in page.splitlines()[1:]]
    listings = [
        block
        for chapter in woven.chapters
        for block in chapter.fences("listing", "python")
        if "hidden" not in block.options
    ]
    assert len(listings) >= 7
    for block in listings:
        assert any(
            same_code(copy, block.code) for copy in copies(block, lines)
        ), block.name


def copies(block: Fence, lines: list[str]) -> Iterator[str]:
    """What readers get who mark a listing from its first line on.

    Other listings may begin as it does.
    """
    wanted = [line for line in block.code.splitlines() if line]
    for number, line in enumerate(lines):
        if line.rstrip() == wanted[0]:
            yield "\n".join(lines[number : number + len(wanted)])


def same_code(one: str, other: str) -> bool:
    """Compare what two texts mean; blank lines do not come out of a PDF."""
    without = [line for line in other.splitlines() if line]
    try:
        copied = ast.parse(one)
    except SyntaxError:
        return False
    return ast.dump(copied) == ast.dump(ast.parse("\n".join(without)))


def test_the_book_has_its_parts(woven, pages):
    text = "\n".join(pages)
    edition = edition_of(SOURCE)
    for part in ("Contents", "Sources", "Index", edition.commit):
        assert part in text
    assert "0.61" in text  # a recorded value, in a sentence
    assert "s; it has a number" in text  # a sign after italics
    index = pages[-1]
    assert "causal mask, " in index
    assert "scaled_dot_product_attention, " in index
    page = int(index.split("causal mask, ")[1].split()[0])
    assert "causal mask" in pages[page - 1]
