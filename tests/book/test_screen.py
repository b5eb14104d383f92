"""The book on screens: its web pages and its notebooks."""

import io
import json
import re
from contextlib import redirect_stdout
from html.parser import HTMLParser
from pathlib import Path

import pytest

from octavo.book.building import build
from octavo.book.library import parse_module

SOURCE = Path(__file__).parents[2] / "book"
PAGE = "06-attention.html"
NOTEBOOKS = {  # a listing of each takes the place of what was imported
    "02-mathematics": "cross_entropy",
    "03-text": "spelling_key",
    "04-tokens": "count_pairs",
    "05-embeddings": "rotary_angles",
    "06-attention": "scaled_dot_product_attention",
    "07-transformer": "SwiGLU",
    "08-gradients": "causal_attention",
    "09-training": "orthogonalise",
    "10-limits": "_loss_of",
    "11-writing": "_keep_nucleus",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built")
    build(SOURCE, out, str)
    return out


class Page(HTMLParser):
    """Collects what a page can be asked for, and what it asks for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids, self.asked = set(), []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        self.asked += [given[k] for k in ("href", "src") if k in given]


def test_every_link_of_the_pages_leads_somewhere(built):
    pages = {path.name: Page(path) for path in built.glob("web/*.html")}
    chapters = {f"{path.stem}.html" for path in SOURCE.glob("*-*.md")}
    assert set(pages) == {"index.html"} | chapters
    for name, page in pages.items():
        for link in page.asked:
            file, _, label = link.partition("#")
            assert (built / "web" / (file or name)).exists(), link
            assert not label or label in pages[file or name].ids, link


def test_the_pages_ask_for_nothing_elsewhere(built):
    for path in built.glob("web/*"):
        if path.suffix != ".woff":
            text = path.read_text("utf-8").replace("http://www.w3.org/", "")
            assert not re.search(r"https?:|url\((?!\w+\.woff)", text), path


def test_the_search_knows_the_sections_and_their_code(built):
    script = (built / "web/search.js").read_text("utf-8")
    line = script.splitlines()[0].removeprefix("const PLACES = ")
    places = json.loads(line.removesuffix(";"))
    found = {where for _, where, text in places if "masked_fill" in text}
    # Other chapters may use it too.
    assert found >= {f"{PAGE}#by-hand", f"{PAGE}#code"}
    assert f"{PAGE}#idea" not in found


def test_a_drawing_follows_the_reader_s_colours(built):
    text = (built / "web" / PAGE).read_text("utf-8")
    drawing = text[text.index("<svg") : text.index("</svg>")]
    assert "var(--ink)" in drawing
    assert '"#22223b"' not in drawing


@pytest.mark.parametrize(("chapter", "listing"), NOTEBOOKS.items())
def test_a_notebook_runs_and_prints_what_the_book_says(
    built, chapter, listing, works_cache, monkeypatch
):
    monkeypatch.setenv("OCTAVO_CACHE", str(works_cache))
    names: dict = {"__name__": "reader"}
    for code, said in code_cells(built, chapter):
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue().rstrip() == said.rstrip()
    assert names[listing].__module__ == "reader"


def test_no_cell_imports_again_what_a_listing_above_defines(built):
    """A reader who changes `merge` in its listing must not lose that."""
    for chapter, listing in NOTEBOOKS.items():
        path = built / f"notebooks/{chapter}.ipynb"
        anew: list[str] = []
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                module = parse_module("cell", path, cell["source"])
                meant = map(module.lookup, module.imports)
                symbols = {one.symbol for one in meant if one}
                assert symbols.isdisjoint(anew), cell["id"]
                anew.append(cell["metadata"]["name"])
        assert any(name.endswith(f".{listing}") for name in anew)


def code_cells(built: Path, chapter: str) -> list[tuple[str, str]]:
    """A notebook's cells that run, each with what it prints."""
    path = built / f"notebooks/{chapter}.ipynb"
    return [
        (cell["source"], "".join(one["text"] for one in cell["outputs"]))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]


def test_the_map_s_notebook_runs_with_fewer_steps(
    built, works_cache, monkeypatch, capsys
):
    monkeypatch.setenv("OCTAVO_CACHE", str(works_cache))
    names: dict = {}
    for code, _ in code_cells(built, "01-map"):
        exec(code.replace("steps = [], 200", "steps = [], 3"), names)
    assert "[417, 308, 44, 534, 327, 292]" in capsys.readouterr().out
    assert len(names["losses"]) == 3
    blind = names["log"](1024)
    assert names["losses"][0] == pytest.approx(blind, abs=0.1)
    assert names["losses"][2] < names["losses"][0]


def words_of(path: Path) -> str:
    """All words of a notebook, without its code."""
    return "\n".join(
        cell["source"]
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    )


def test_every_link_of_the_notebooks_leads_somewhere(built):
    words = {p.name: words_of(p) for p in built.glob("notebooks/*.ipynb")}
    for name, text in words.items():
        links = re.findall(r"\]\(([\w-]*\.ipynb|)#([\w-]+)\)", text)
        assert len(links) > 3 or not "01" <= name < "15", name
        for file, label in links:
            assert f'<a id="{label}"></a>' in words[file or name], label


def test_a_notebook_has_the_words_and_the_drawing(built):
    folder = built / "notebooks"
    text = words_of(folder / "06-attention.ipynb")
    assert "largest: 0.61." in text
    assert "**Listing 6.1** `octavo.model." in text
    assert "\\frac{Q K^\\top}{\\sqrt{d}}" in text
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(pictures) >= 3
    for picture in pictures:
        assert (folder / picture).read_text("utf-8").startswith("<svg")
