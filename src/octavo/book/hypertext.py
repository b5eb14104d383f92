"""A chapter's blocks and sentences as HTML."""

import re
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from octavo.book.bibliography import label_of
from octavo.book.document import (
    Answers,
    Asked,
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
)
from octavo.book.drawing import (
    BLUE,
    FAINT,
    GOLD,
    INK,
    PAPER,
    RED,
    SHADE,
)
from octavo.book.mathematics import to_mathml
from octavo.book.pictures import to_svg
from octavo.book.weaving import Book
from octavo.book.writing import Writer

FLAG, WHOLE = r"--[a-z-]+", r'<span class="whole">\g<0></span>'
COLOURS = {INK: "ink", FAINT: "faint", RED: "red", BLUE: "blue"}
COLOURS |= {GOLD: "gold", SHADE: "shade", PAPER: "paper"}


def anchor(block: Heading) -> str:
    """Return what a heading is called in its page's address."""
    return block.label or f"section-{block.number or block.line}"


class HtmlWriter(Writer):
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

    def _asked(self, block: Asked) -> str:
        return f'<p class="asked">{self.inside(block.children)}</p>'

    def _entry(self, block: Entry) -> str:
        one = block.source
        return (
            f'<p class="source" id="{block.label}">'
            f"<b>{escape(one.cited)}</b> "
            f"<em>{escape(one.ended_title)}</em> "
            f"{escape(one.authors)}. {escape(one.where)}.<br>"
            f"{self.inside(block.children)}</p>"
        )

    def _quote(self, block: Quote) -> str:
        return f"<blockquote>{self.blocks(block.blocks)}</blockquote>"

    def _items(self, block: Items) -> str:
        tag = "ol" if block.ordered else "ul"
        items = [f"<li>{self.blocks(item)}</li>" for item in block.items]
        if block.labels:
            items = [
                f'<li id="{label}">{self.led(self.blocks(item), lead)}</li>'
                for item, label, lead in zip(
                    block.items, block.labels, block.leads, strict=True
                )
            ]
        return f"<{tag}>{''.join(items)}</{tag}>"

    def led(self, item: str, lead: str) -> str:
        """Return an exercise that leads to its solution, or the reverse."""
        word = lead.partition("-")[0]
        link = f'<a class="lead" href="{self.address(lead)}">{word}</a>'
        return item.replace("</p>", f" {link}</p>", 1)

    def _answers(self, block: Answers) -> str:
        return f'<div class="answers">{self._items(block)}</div>'

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
                    block.aligned, map(self.inside, row), strict=False
                )
            ]
            if rest := len(block.aligned) - len(row):  # the last spans it
                kind = ' class="title"' if len(row) == 1 else ""
                wide = f"<td{kind} colspan={rest + 1} "
                cells[-1] = wide + cells[-1].removeprefix("<td ")
            rows.append(f"<tr>{''.join(cells)}</tr>")
        caption = self.caption("Table", block.number, block.caption)
        head = (
            f"<figcaption>{caption}</figcaption>" if block.caption else ""
        )
        return (
            f'<figure id="{block.label}">{head}<div class="wide"><table>'
            f"{''.join(rows)}</table></div></figure>"
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
        text = escape(inline.text)
        return f"<code>{re.sub(FLAG, WHOLE, text)}</code>"

    def _formula(self, inline: Formula) -> str:
        return to_mathml(inline.latex)

    def _styled(self, inline: Styled) -> str:
        tag = {"emphasis": "em", "term": "dfn"}.get(inline.style, "small")
        return f"<{tag}>{self.inside(inline.children)}</{tag}>"

    def _citation(self, inline: Citation) -> str:
        label = label_of(inline.key)
        page = self.book.targets[label].chapter.name
        words = escape(self.book.sources[inline.key].cited)
        return f'(<a href="{page}.html#{label}">{words}</a>)'

    def _link(self, inline: Link) -> str:
        target = inline.target
        if target.startswith("#"):
            target = self.address(target[1:])
        words = self.inside(inline.children)
        return f'<a href="{escape(target)}">{words}</a>'

    def address(self, label: str) -> str:
        """Return the page and the place that a label leads to."""
        return f"{self.book.targets[label].chapter.name}.html#{label}"


def coloured(code: str) -> str:
    """Return code with its kinds of words marked."""
    marked = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    return f"<pre>{marked.rstrip()}</pre>"
