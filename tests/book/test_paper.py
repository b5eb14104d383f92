"""The book itself, pressed once for all of these tests."""

import io
from pathlib import Path

import pypdf
import pytest

from octavo.book.building import edition_of
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
    lines = [line.rstrip() for page in pages for line in page.splitlines()]
    listings = [
        block
        for chapter in woven.chapters
        for block in chapter.fences("listing", "python")
        if "hidden" not in block.options
    ]
    assert len(listings) >= 7
    for block in listings:
        assert can_be_copied(block.code, lines), block.name


def can_be_copied(code: str, lines: list[str]) -> bool:
    """Look for code, each line as it is, from where its first one stands.

    Blank lines do not come out of a PDF; where code goes on overleaf, a
    running head or a table may stand between two of its lines.
    """
    wanted = [line for line in code.splitlines() if line]
    return any(
        all(line in rest for line in wanted)
        for start, line in enumerate(lines)
        if line == wanted[0]
        for rest in [iter(lines[start : start + len(wanted) + 60])]
    )


def test_the_example_of_attention_faces_its_matrices(pages):
    (example,) = [
        n
        for n, page in enumerate(pages, start=1)
        if 'tokens = ["to", "be", "or", "not"]' in page
        and "scaled_dot_product_attention" in page
    ]
    assert example % 2 == 0  # on the left
    assert "One head at work on four tokens" in pages[example]


def test_the_book_has_its_parts(woven, pages):
    text = "\n".join(pages)
    edition = edition_of(SOURCE)
    for part in ("Contents", "Index", edition.commit):
        assert part in text
    assert "0.61" in text  # a recorded value, in a sentence
    flat = " ".join(text.split())
    assert "s; it has a number" in flat  # a sign after italics
    first = next(
        n for n, page in enumerate(pages) if page.startswith("Index\n")
    )
    index = "\n".join(pages[first:])
    assert "causal mask, " in index
    assert "scaled_dot_product_attention, " in index
    for term in ("perplexity, ", "data parallelism, ", "Muon, "):
        assert term in index  # no capital but that of a name
    page = int(index.split("causal mask, ")[1].split()[0])
    assert "causal mask" in pages[page - 1]
