"""The book on paper: woven chapters as Typst, and Typst as a PDF.

The page itself is `press/page.typ`, and what stands on it is in the files
beside it; here their functions are called.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import typst

from octavo.book.bibliography import label_of
from octavo.book.document import (
    Answers,
    Asked,
    Block,
    Chapter,
    Citation,
    Code,
    Entry,
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
    plain,
)
from octavo.book.drawing import quoted
from octavo.book.history import Release
from octavo.book.mathematics import to_typst
from octavo.book.spelling import WORD, words_of
from octavo.book.weaving import Book
from octavo.book.writing import Writer
from octavo.foundation import UserError
from octavo.foundation.files import write_bytes

SPECIAL = re.compile(r"([\\#*_`$<>@\[\]~=+/\"';(-])")
Kind = Literal["pdf", "svg", "png"]
PRESS = ("page", "blocks", "front", "back")
FONTS = ("fontpkg_eb_garamond", "fontpkg_inconsolata")


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Which state of the project a book was made from."""

    version: str
    commit: str
    when: datetime
    history: Sequence[Release] = ()

    @property
    def date(self) -> str:
        """Return the day, as the imprint has it."""
        return f"{self.when.day} {self.when:%B %Y}"


def write_pdf(book: Book, edition: Edition, path: Path) -> None:
    """Write the book as a PDF."""
    pdf = compile_typst(book_text(book, edition), edition.when)
    write_bytes(path, pdf)


def compile_typst(text: str, when: datetime, kind: Kind = "pdf") -> bytes:
    """Return what Typst makes of a text that uses the page's functions.

    Its own fonts and those of the packages are all it sees: a book is the
    same wherever it is made.
    """
    with TemporaryDirectory() as folder:
        for part in files("octavo.book.press").iterdir():
            if part.is_file():
                Path(folder, part.name).write_bytes(part.read_bytes())
        main = Path(folder, "main.typ")
        names = "".join(f'#import "{part}.typ": *\n' for part in PRESS)
        main.write_text(names + text, "utf-8")
        try:
            return typst.compile(
                main,
                format=kind,
                font_paths=list(map(font_folder, FONTS)),
                ignore_system_fonts=True,
                timestamp=int(when.timestamp()),
            )
        except typst.TypstError as error:
            raise UserError(f"Typst refuses the book: {error}") from error


def font_folder(package: str) -> Path:
    """Return the folder of a font that came as a package."""
    where = import_module(package).__file__
    assert where is not None
    return Path(where).parent / "files"


def book_text(book: Book, edition: Edition) -> str:
    """Return the whole book as Typst."""
    day = edition.when.astimezone(UTC)
    date = f"datetime(year: {day.year}, month: {day.month}, day: {day.day})"
    imprint = (edition.version, edition.date, edition.commit)
    history = " ".join(map(release_text, edition.history))
    words = {
        word for chapter in book.chapters for _, word in words_of(chapter)
    }
    parts = [
        f'#show: book.with(title: "Octavo", date: {date})',
        f"#front({', '.join(map(quoted, imprint))}, ({history}))",
        "#contents()",
        *(chapter_text(chapter, book, words) for chapter in book.chapters),
        "#index-page()",
    ]
    return "\n".join(parts)


def release_text(release: Release) -> str:
    """Return a line of the version history, as an array."""
    date = release.date or "not released yet"
    return f"([{release.version}], [{date}], [{escaped(release.what)}]),"


def chapter_text(
    chapter: Chapter, book: Book, words: Set[str] = frozenset()
) -> str:
    """Return a chapter as Typst; `words` are those of the book."""
    writer, blocks = _Writer(book, words), chapter.blocks
    cut = exercises_at(blocks)
    last = blocks[cut - 1]
    if not cut or not isinstance(last, Fence) or last.kind != "figure":
        return writer.blocks(blocks)
    text, exercises = map(writer.blocks, (blocks[: cut - 1], blocks[cut:]))
    drawing = writer.drawing(last).replace("figure(", "figure.with(", 1)
    closing = f"#closing({drawing})[\n{exercises}\n]"
    return f"{text}\n\n{closing}"


def exercises_at(blocks: Sequence[Block]) -> int:
    """Return where a last section begins that ends with a list, or 0."""
    heads = [
        place
        for place, block in enumerate(blocks)
        if isinstance(block, Heading) and block.level == 2
    ]
    return heads[-1] if heads and isinstance(blocks[-1], Items) else 0


class _Writer(Writer):
    """Writes a chapter's blocks."""

    def __init__(self, book: Book, words: Set[str]) -> None:
        self.book = book
        self.words = words

    def _heading(self, block: Heading) -> str:
        words, name = self.inside(block.children), quoted(block.label)
        number = f"[{block.number}]"
        if block.level > 2:
            return f"#subsection({name}, [{words}])"
        kind = "chapter" if block.level == 1 else "section"
        recto = '#pagebreak(weak: true, to: "odd")\n' if block.recto else ""
        return f"{recto}#{kind}({number}, {name}, [{words}])"

    def _paragraph(self, block: Paragraph) -> str:
        return self.inside(block.children)

    def _entry(self, block: Entry) -> str:
        one, name = block.source, quoted(block.label)
        work = (
            f"#emph[{escaped(one.ended_title)}] {escaped(one.authors)}. "
            f"{escaped(one.where)}."
        )
        why = self.inside(block.children)
        return f"#entry({name}, [{escaped(one.cited)}], [{work}], [{why}])"

    def _quote(self, block: Quote) -> str:
        return f"#said[{self.blocks(block.blocks)}]"

    def _items(self, block: Items) -> str:
        items = [f"[{self.blocks(item)}]" for item in block.items]
        kind = "enum" if block.ordered else "list"
        if block.labels:
            names, leads = (
                f"({', '.join(map(quoted, some))},)"
                for some in (block.labels, block.leads)
            )
            kind, items = "linked", [names, leads, *items]
        return f"#listed({kind}({', '.join(items)}))"

    def _answers(self, block: Answers) -> str:
        return f"#answers[{self._items(block)}]"

    def _asked(self, block: Asked) -> str:
        return f"#asked[{self.inside(block.children)}]"

    def _equation(self, block: Equation) -> str:
        number, name = quoted(block.number), quoted(block.label)
        return f"#display({number}, {name}, $ {to_typst(block.latex)} $)"

    def _table(self, block: Table) -> str:
        caption = self.inside(block.caption)
        columns, cells, below = len(block.rows[0]), list[str](), 0
        for row in reversed(block.rows):
            own = self.cells(row, columns)
            if 1 < len(row) < columns and not row[0]:
                own, below = own[1:], below + 1
            elif below:
                own[0], below = f"over({below + 1}, {own[0]})", 0
            cells = own + cells
        arguments = [
            quoted(block.number),
            quoted(block.label),
            f"[{caption}]" if caption else "none",
            str(columns),
            f"({', '.join(block.aligned)},)",
            *cells,
        ]
        if block.program:
            arguments.append("small: true")
        return f"#tabled({', '.join(arguments)})"

    def cells(self, row: list[list[Inline]], columns: int) -> list[str]:
        """Return a row's cells; of a short one, the last spans the rest."""
        cells = [f"[{self.inside(one)}]" for one in row]
        if len(row) == 1 < columns:
            return [f"titling({columns}, {cells[0]})"]
        if len(row) < columns:
            cells[-1] = f"spanning({columns - len(row) + 1}, {cells[-1]})"
        return cells

    def _listing(self, block: Fence) -> str:
        symbol = block.name.removeprefix("octavo.")
        symbol = symbol.split(block.place[:-3].replace("/", ".") + ".")[-1]
        caption = self.inside(block.caption)
        more = f", caption: [{caption}]" if caption else ""
        arguments = map(
            quoted,
            (block.number, block.label, block.place, symbol, block.code),
        )
        return f"#listing({', '.join(arguments)}{more})"

    def _python(self, block: Fence) -> str:
        return f'#snippet({quoted(block.code)}, "python")'

    def _sh(self, block: Fence) -> str:
        return f"#snippet({quoted(block.code)}, none)"

    def _output(self, block: Fence) -> str:
        return f"#printed({quoted(block.code)})"

    _verbatim = _output

    def drawing(self, block: Fence) -> str:
        """Return what makes a drawing with its number and caption."""
        number, name = quoted(block.number), quoted(block.label)
        caption = self.inside(block.caption)
        return f"figure({number}, {name}, [{caption}])[{block.picture}]"

    def _figure(self, block: Fence) -> str:
        apart = "true" if block.options.get("page") else "false"
        return f"#drawn({self.drawing(block)}, apart: {apart})"

    def _text(self, inline: Text) -> str:
        return escaped(inline.text)

    def _code(self, inline: Code) -> str:
        return f"#raw({quoted(inline.text)})"

    def _formula(self, inline: Formula) -> str:
        return f"${to_typst(inline.latex)}$"

    def _styled(self, inline: Styled) -> str:
        words = self.inside(inline.children)
        if inline.style != "term":
            kind = "emph" if inline.style == "emphasis" else "aside"
            return f"#{kind}[{words}]"
        entry = self.in_index(plain(inline.children))
        return f"#term({quoted(entry)})[{words}]"

    def in_index(self, term: str) -> str:
        """Return a term without the capital that a sentence gave it.

        It is no name if the book has its first word without one, too.
        """
        first = WORD.match(term)
        if first and first[0].lower() in self.words:
            return term[0].lower() + term[1:]
        return term

    def _citation(self, inline: Citation) -> str:
        source = self.book.sources[inline.key]
        words = escaped(source.cited)
        return f"(#link(<{label_of(inline.key)}>)[{words}])"

    def _link(self, inline: Link) -> str:
        words, target = self.inside(inline.children), inline.target
        if target.startswith("#"):
            return f"#link(<{target[1:]}>)[{words}]"
        return f"#link({quoted(target)})[{words}]"


def escaped(text: str) -> str:
    """Return words as Typst's markup takes them."""
    return SPECIAL.sub(r"\\\1", text)
