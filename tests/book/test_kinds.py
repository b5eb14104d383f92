"""Every kind of block and sentence, on paper, on the web, in a notebook."""

import io

import pypdf
import pytest

from octavo.book.building import edition_of
from octavo.book.drawing import Drawing, quoted
from octavo.book.notebooks import write_notebooks
from octavo.book.paper import write_pdf
from octavo.book.web import write_web

CHAPTER = """\
# All kinds {#kinds}

Words with *stress*, a **new term**, `code_here`, $x_1$ and "quotes"; see
[table](#sizes), [a page](https://example.org) and [chapter](#kinds).

## A part {#part}

### Below it

> Once more unto the breach.

1. First, with #, $x^2$ and `[a]`.
2. Second.

- One
- Other

| name | size |
|:-----|-----:|
| *small* | 1 |
| large | 20 |

Table: Two sizes. {#sizes}

```verbatim
as it <stands> & is
```

$$
\\frac{a}{b}
$$ (half)
"""


@pytest.fixture
def kinds(book, tmp_path):
    book.write(CHAPTER)
    (book.folder / "words.txt").write_text("")
    woven = book.weave()
    edition = edition_of(book.folder)
    write_pdf(woven, edition, tmp_path / "b.pdf")
    write_web(woven, edition, tmp_path)
    write_notebooks(woven, tmp_path)
    return tmp_path


def test_every_kind_is_on_paper(kinds):
    pdf = pypdf.PdfReader(io.BytesIO((kinds / "b.pdf").read_bytes()))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for part in (
        "a new term, code_here",
        "“quotes”; see table\u00a01.1,",
        "Once more unto the breach.",
        "as it <stands> & is",
        "1. First, with #,",
        "Two sizes.",
        "large 20",
        "new term, 4",  # in the index
    ):
        assert part in text, part


def test_every_kind_is_on_the_web(kinds):
    page = (kinds / "01-small.html").read_text("utf-8")
    for part in (
        "<em>stress</em>, a <dfn>new term</dfn>, <code>code_here</code>",
        "<math><mrow><msub><mi>x</mi><mn>1</mn></msub></mrow></math>",
        '<a href="01-small.html#sizes">table\u00a01.1</a>',
        '<a href="https://example.org">a page</a>',
        '<h2 id="part"><span>1.1</span> A part</h2>',
        "<blockquote><p>Once more unto the breach.</p></blockquote>",
        "<ul><li><p>One</p></li>",
        '<td style="text-align:right">20</td>',
        "<b>Table <i>1.1</i></b> Two sizes.",
        "as it &lt;stands&gt; &amp; is",
        "<span>(1.1)</span>",
    ):
        assert part in page, part


def test_every_kind_is_in_a_notebook(kinds):
    text = (kinds / "01-small.ipynb").read_text("utf-8")
    for part in (
        "*stress*, a *new term*, `code_here`, $x_1$",
        "see [table\u00a01.1](#sizes)",
        '<a id=\\"sizes\\"></a>\\n\\n**Table 1.1** Two sizes.',
        "[a page](https://example.org)",
        "## 1.1 A part",
        "> Once more unto the breach.",
        "1. First, with #, $x^2$ and `[a]`.\\n2. Second.",
        "- One\\n- Other",
        "| name | size |\\n| :-- | --: |\\n| *small* | 1 |",
        "$$\\n\\\\frac{a}{b} \\\\tag{1.1}\\n$$",
    ):
        assert part in text, part


def test_a_drawn_tensor_has_its_numbers_and_its_holes():
    sheet = Drawing(height=50)
    sheet.matrix(
        [[0.25, None], [-1.0, 0.5]], 0, 0, colour="#000000", places=2
    )
    marks = "\n".join(sheet.marks)
    for number in ('"0.25"', '"\u22121.00"', '"0.50"'):
        assert number in marks
    assert marks.count("rect(") == 4
    assert marks.count('fill: rgb("#000000").transp') == 3
    assert quoted('a "b" \\') == '"a \\"b\\" \\\\"'
