"""`octavo book build`: everything that a book comes as."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from octavo import __version__
from octavo.book.history import read_history
from octavo.book.notebooks import write_notebooks
from octavo.book.paper import Edition, write_pdf
from octavo.book.weaving import weave
from octavo.book.web import write_web

Told = Callable[[str], None]


def build(folder: Path, out: Path, tell: Told) -> list[Path]:
    """Write all editions of a book's folder; return what was written."""
    tell("weaving")
    book = weave(folder)
    edition = edition_of(folder)
    pdf = out / "octavo.pdf"
    tell("pressing the PDF")
    write_pdf(book, edition, pdf)
    tell("writing the web pages")
    write_web(book, edition, out / "web")
    tell("writing the notebooks")
    write_notebooks(book, out / "notebooks")
    return [pdf, out / "web" / "index.html", out / "notebooks"]


def edition_of(folder: Path) -> Edition:
    """Return version, commit and the commit's time, and the history.

    Without git there is no commit, and the time is now.
    """
    asked = ["git", "-C", str(folder), "log", "-1", "--format=%h %ct"]
    try:
        done = subprocess.run(  # noqa: S603
            asked, capture_output=True, text=True, check=True
        )
        commit, seconds = done.stdout.split()
    except (OSError, ValueError, subprocess.CalledProcessError):
        commit, seconds = "none", str(datetime.now(UTC).timestamp())
    when = datetime.fromtimestamp(float(seconds), UTC)
    history = read_history(folder.parent / "CHANGELOG.md", __version__)
    return Edition(
        version=__version__, commit=commit, when=when, history=history
    )
