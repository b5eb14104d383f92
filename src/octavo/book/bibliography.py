"""The list of sources: a block that becomes an entry for each work.

An entry says why one would read the work, and where the book cites it.
"""

from collections.abc import Iterator, Mapping, Sequence

from octavo.book.document import (
    Block,
    Chapter,
    Citation,
    Entry,
    Fence,
    Inline,
    Link,
    Styled,
    Text,
)
from octavo.book.reading import read_words
from octavo.book.sources import Source


def label_of(key: str) -> str:
    """Return the label of a source's entry."""
    return f"source-{key}"


def list_sources(
    chapters: Sequence[Chapter], sources: Mapping[str, Source]
) -> list[str]:
    """Put the entries in the place of the block that asks for them.

    Returns a line if there is none, and something is cited.
    """
    cited = citations(chapters)
    listing = [one for one in chapters if any(one.fences("sources"))]
    for chapter in listing:
        blocks: list[Block] = []
        for block in chapter.blocks:
            if isinstance(block, Fence) and block.kind == "sources":
                blocks += entries(chapter, block.line, sources, cited)
            else:
                blocks.append(block)
        chapter.blocks = blocks
    if listing or not cited.keys() & sources.keys():
        return []
    return ["sources are cited, and no chapter has a sources block"]


def citations(chapters: Sequence[Chapter]) -> dict[str, list[Chapter]]:
    """Return the chapters that cite a source, by its key."""
    found: dict[str, list[Chapter]] = {}
    for chapter in chapters:
        for _, inline in chapter.inlines():
            if isinstance(inline, Citation):
                citing = found.setdefault(inline.key, [])
                if chapter not in citing:
                    citing.append(chapter)
    return found


def entries(
    chapter: Chapter,
    line: int,
    sources: Mapping[str, Source],
    cited: Mapping[str, Sequence[Chapter]],
) -> Iterator[Entry]:
    """Yield an entry for each source, in their order."""
    for key, source in sources.items():
        others = [one for one in cited.get(key, ()) if one is not chapter]
        words = read_words(source.why, chapter)
        if others:
            words.append(Styled("aside", [Text(" "), *places(others)]))
        yield Entry(line, label_of(key), children=words, source=source)


def places(citing: Sequence[Chapter]) -> Iterator[Inline]:
    """Yield the numbers of chapters, each leading there: 5, 6 and A."""
    for at, chapter in enumerate(citing):
        if at:
            yield Text(" and " if at == len(citing) - 1 else ", ")
        number = Text(chapter.number or "preface")
        to = f"#{chapter.label}"
        yield Link(to, [number]) if chapter.label else number
