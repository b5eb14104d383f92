"""The book as web pages: one for each chapter, that need no server.

They search, follow the reader's choice of light and dark, and ask for
nothing that is not beside them.
"""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from octavo.book.document import (
    Chapter,
    Citation,
    Code,
    Equation,
    Fence,
    Formula,
    Heading,
    Inline,
    Items,
    Link,
    Paragraph,
    Quote,
    Styled,
    Table,
    Text,
    inlines_of,
    plain,
    walk,
)
from octavo.book.drawing import BLUE, FAINT, GOLD, INK, RED, SHADE
from octavo.book.letters import write_fonts
from octavo.book.mathematics import to_mathml
from octavo.book.paper import Edition
from octavo.book.pictures import to_svg
from octavo.book.weaving import Book
from octavo.book.writing import Writer
from octavo.foundation.files import write_text

COLOURS = {INK: "ink", FAINT: "faint", RED: "red", BLUE: "blue"}
COLOURS |= {GOLD: "gold", SHADE: "shade"}


def write_web(book: Book, edition: Edition, folder: Path) -> None:
    """Write every chapter, the sources, a first page and the search."""
    press = files("octavo.book.press")
    page = press.joinpath("page.html").read_text("utf-8")
    writer = _Writer(book)
    bodies = {
        chapter.name: writer.blocks(chapter.blocks)
        for chapter in book.chapters
    }
    bodies["sources"] = sources_html(book)
    bodies["index"] = first_page(book, edition)
    for name, body in bodies.items():
        title = titles(book).get(name, "Octavo")
        filled = page.replace("{{title}}", escape(title))
        filled = filled.replace("{{contents}}", contents(book, name))
        filled = filled.replace("{{body}}", body)
        write_text(folder / f"{name}.html", filled)
    found = json.dumps(list(searched(book)), ensure_ascii=False)
    script = press.joinpath("search.js").read_text("utf-8")
    write_text(folder / "search.js", f"const PLACES = {found};\n{script}")
    style = press.joinpath("web.css").read_text("utf-8")
    write_text(folder / "web.css", style)
    write_fonts("".join(bodies.values()), folder)


def titles(book: Book) -> dict[str, str]:
    """Return the title of each page."""
    found = {
        chapter.name: f"{chapter.number} {plain(chapter.title)}".strip()
        for chapter in book.chapters
    }
    return {**found, "sources": "Sources"}


def contents(book: Book, here: str) -> str:
    """Return the list of pages, and the sections of the one shown."""
    lines = []
    for name, title in titles(book).items():
        current = ' aria-current="page"' if name == here else ""
        lines.append(f'<li><a href="{name}.html"{current}>{title}</a>')
        lines += [
            f"<ol>{''.join(sections(chapter))}</ol>"
            for chapter in book.chapters
            if chapter.name == name == here
        ]
        lines.append("</li>")
    return f"<ol>{''.join(lines)}</ol>"


def sections(chapter: Chapter) -> Iterator[str]:
    """Yield a chapter's sections as entries of a list."""
    for block in chapter.blocks:
        if isinstance(block, Heading) and block.level == 2:
            words = f"{block.number} {escape(plain(block.children))}"
            yield f'<li><a href="#{anchor(block)}">{words}</a></li>'


def anchor(block: Heading) -> str:
    """Return what a heading is called in its page's address."""
    return block.label or f"section-{block.number}"


def searched(book: Book) -> Iterator[list[str]]:
    """Yield each section's title, address and words."""
    for chapter in book.chapters:
        place = [plain(chapter.title), f"{chapter.name}.html", ""]
        for block in chapter.blocks:
            if isinstance(block, Heading) and block.level == 2:
                yield place
                words = f"{block.number} {plain(block.children)}"
                address = f"{chapter.name}.html#{anchor(block)}"
                place = [words, address, ""]
            place[2] += " ".join(
                plain(children)
                for inner in walk([block])
                for children in inlines_of(inner)
            )
            if isinstance(block, Fence):
                place[2] += f" {block.code} "
        yield place


def sources_html(book: Book) -> str:
    """Return the bibliography."""
    entries = [
        f'<li id="{key}">{escape(one.authors)} {one.year}. '
        f"<em>{escape(one.title)}</em>. {escape(one.where)}. "
        f"{escape(one.why)}</li>"
        for key, one in book.sources.items()
    ]
    return f'<h1>Sources</h1><ul class="sources">{"".join(entries)}</ul>'


def first_page(book: Book, edition: Edition) -> str:
    """Return the page that a reader comes to first."""
    first = book.chapters[0]
    return (
        "<h1>Octavo</h1><p><em>A large language model, from scratch, in a "
        f'small book</em></p><p><a href="{first.name}.html">Begin to read'
        f"</a></p><p>Version {escape(edition.version)}, made on "
        f"{edition.date} from commit <code>{escape(edition.commit)}"
        "</code>.</p>"
    )


class _Writer(Writer):
    """Writes blocks as HTML."""

    between = "\n"

    def __init__(self, book: Book) -> None:
        self.book = book

    def _heading(self, block: Heading) -> str:
        words = self.inside(block.children)
        number = f"<span>{block.number}</span> " if block.number else ""
        tag = f"h{block.level}"
        return f'<{tag} id="{anchor(block)}">{number}{words}</{tag}>'

    def _paragraph(self, block: Paragraph) -> str:
        return f"<p>{self.inside(block.children)}</p>"

    def _quote(self, block: Quote) -> str:
        return f"<blockquote>{self.blocks(block.blocks)}</blockquote>"

    def _items(self, block: Items) -> str:
        tag = "ol" if block.ordered else "ul"
        items = [f"<li>{self.blocks(item)}</li>" for item in block.items]
        return f"<{tag}>{''.join(items)}</{tag}>"

    def _equation(self, block: Equation) -> str:
        number = f"<span>({block.number})</span>" if block.number else ""
        formula = to_mathml(block.latex, display=True)
        attributes = f'class="equation" id="{block.label}"'
        return f"<div {attributes}>{formula}{number}</div>"

    def _table(self, block: Table) -> str:
        rows = []
        for number, row in enumerate(block.rows):
            tag = "td" if number else "th"
            cells = [
                f'<{tag} style="text-align:{how}">{words}</{tag}>'
                for how, words in zip(
                    block.aligned, map(self.inside, row), strict=True
                )
            ]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        caption = self.caption("Table", block.number, block.caption)
        return (
            f'<div class="wide" id="{block.label}"><table><caption>'
            f"{caption}</caption>{''.join(rows)}</table></div>"
        )

    def _listing(self, block: Fence) -> str:
        name = block.name.removeprefix("octavo.")
        return (
            f'<figure class="listing" id="{block.label}"><figcaption><b>'
            f"Listing <i>{block.number}</i></b> <code>{name}</code>"
            f"</figcaption>{coloured(block.code)}</figure>"
        )

    def _python(self, block: Fence) -> str:
        return coloured(block.code)

    def _sh(self, block: Fence) -> str:
        return f"<pre>{escape(block.code)}</pre>"

    def _output(self, block: Fence) -> str:
        return f'<pre class="printed">{escape(block.code)}</pre>'

    _verbatim = _output

    def _figure(self, block: Fence) -> str:
        drawing = to_svg(block)
        for colour, name in COLOURS.items():
            drawing = drawing.replace(f'"{colour}"', f'"var(--{name})"')
        caption = self.caption("Figure", block.number, block.caption)
        return (
            f'<figure id="{block.label}" class="wide">{drawing}'
            f"<figcaption>{caption}</figcaption></figure>"
        )

    def caption(self, kind: str, number: str, words: list[Inline]) -> str:
        """Return a caption, after its number."""
        return f"<b>{kind} <i>{number}</i></b> {self.inside(words)}"

    def _text(self, inline: Text) -> str:
        return escape(inline.text, quote=False)

    def _code(self, inline: Code) -> str:
        return f"<code>{escape(inline.text)}</code>"

    def _formula(self, inline: Formula) -> str:
        return to_mathml(inline.latex)

    def _styled(self, inline: Styled) -> str:
        tag = "em" if inline.style == "emphasis" else "dfn"
        return f"<{tag}>{self.inside(inline.children)}</{tag}>"

    def _citation(self, inline: Citation) -> str:
        source = self.book.sources[inline.key]
        words = f"{escape(source.short)} {source.year}"
        return f'(<a href="sources.html#{inline.key}">{words}</a>)'

    def _link(self, inline: Link) -> str:
        target = inline.target
        if target.startswith("#"):
            chapter = self.book.targets[target[1:]].chapter
            target = f"{chapter.name}.html{target}"
        words = self.inside(inline.children)
        return f'<a href="{escape(target)}">{words}</a>'


def coloured(code: str) -> str:
    """Return code with its kinds of words marked."""
    marked = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    return f"<pre>{marked.rstrip()}</pre>"
