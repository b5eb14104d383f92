"""The book as web pages: one for each chapter, that need no server.

They search, follow the reader's choice of light and dark, and ask for
nothing that is not beside them.
"""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from octavo.book.document import (
    Chapter,
    Fence,
    Heading,
    inlines_of,
    plain,
    walk,
)
from octavo.book.hypertext import HtmlWriter, anchor
from octavo.book.letters import write_fonts
from octavo.book.paper import Edition
from octavo.book.weaving import Book
from octavo.foundation.files import write_text

WAYS = {"prev": "\u2190 {}", "next": "{} \u2192"}


def write_web(book: Book, edition: Edition, folder: Path) -> None:
    """Write every chapter, a first page and the search."""
    press = files("octavo.book.press")
    page = press.joinpath("page.html").read_text("utf-8")
    writer = HtmlWriter(book)
    bodies = {
        chapter.name: writer.blocks(chapter.blocks)
        for chapter in book.chapters
    }
    bodies["index"] = first_page(book, edition)
    for name, body in bodies.items():
        title = titles(book).get(name, "Octavo")
        filled = page.replace("{{title}}", escape(title))
        filled = filled.replace("{{contents}}", contents(book, name))
        filled = filled.replace("{{turns}}", turns(book, name))
        filled = filled.replace("{{body}}", body)
        write_text(folder / f"{name}.html", filled)
    found = json.dumps(list(searched(book)), ensure_ascii=False)
    script = press.joinpath("search.js").read_text("utf-8")
    write_text(folder / "search.js", f"const PLACES = {found};\n{script}")
    style = press.joinpath("web.css").read_text("utf-8")
    write_text(folder / "web.css", style)
    write_fonts("".join((*bodies.values(), *WAYS.values())), folder)


def titles(book: Book) -> dict[str, str]:
    """Return the title of each page."""
    return {
        chapter.name: f"{chapter.number} {plain(chapter.title)}".strip()
        for chapter in book.chapters
    }


def turns(book: Book, here: str) -> str:
    """Return the ways to the page before and to the next."""
    names = list(titles(book))
    if here not in names:
        return ""
    place = names.index(here)
    ways = {"prev": names[:place][-1:], "next": names[place + 1 :][:1]}
    links = [
        f'<a rel="{way}" href="{name}.html">'
        f"{WAYS[way].format(escape(titles(book)[name]))}</a>"
        for way, found in ways.items()
        for name in found
    ]
    return f"<footer>{''.join(links)}</footer>"


def contents(book: Book, here: str) -> str:
    """Return the list of pages, and the sections of the one shown."""
    lines = []
    for name, title in titles(book).items():
        current = ' aria-current="page"' if name == here else ""
        link = f'href="{name}.html"{current}'
        lines.append(f"<li><a {link}>{escape(title)}</a>")
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
            link = f'href="#{anchor(block)}"'
            yield f"<li><a {link}>{escape(block.words)}</a></li>"


def searched(book: Book) -> Iterator[list[str]]:
    """Yield each section's title, address and words."""
    for chapter in book.chapters:
        place = [plain(chapter.title), f"{chapter.name}.html", ""]
        for block in chapter.blocks:
            if isinstance(block, Heading) and block.level == 2:
                yield place
                address = f"{chapter.name}.html#{anchor(block)}"
                place = [block.words, address, ""]
            place[2] += " ".join(
                plain(children)
                for inner in walk([block])
                for children in inlines_of(inner)
            )
            if isinstance(block, Fence):
                place[2] += f" {block.code} "
        yield place


def first_page(book: Book, edition: Edition) -> str:
    """Return the page that a reader comes to first."""
    first = book.chapters[0]
    return (
        '<div class="front"><h1>Octavo</h1><p><em>A large language model, '
        "from scratch, in a small book</em></p>"
        f'<p><a href="{first.name}.html">Begin to read'
        f"</a></p><p>Version {escape(edition.version)}, made on "
        f"{edition.date} from commit <code>{escape(edition.commit)}"
        "</code>.</p></div>"
    )
