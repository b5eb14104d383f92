"""From a name or a path to a corpus that may be trained on."""

from pathlib import Path

from octavo.foundation import UserError, did_you_mean
from octavo.text.catalogue import CATALOGUE, Entry
from octavo.text.documents import Corpus, Document
from octavo.text.duplicates import find_near_copies
from octavo.text.editions import EDITIONS
from octavo.text.fetching import fetch
from octavo.text.reading import read_path
from octavo.text.splitting import (
    Split,
    split_by_characters,
    split_by_name,
    split_documents,
)

MOST_LISTED = 20  # notes of one kind; the rest is told as a number


def load_corpus(
    name_or_path: str, *, field: str = "text", from_file: Path | None = None
) -> Corpus:
    """Return a corpus of the catalogue, or of the user's files.

    A corpus of the catalogue is fetched if the cache lacks it, or taken
    from `from_file`; it is cleaned and split by the names or the share
    that its entry says. The user's files are read as they are (`field`
    is that of .jsonl) and split by `split_documents`. In both, exact
    copies are left out, and so is what is a near-copy of a held-out
    document. The first note tells the split's rule. Raises UserError.
    """
    if name_or_path in CATALOGUE:
        return _from_catalogue(CATALOGUE[name_or_path], from_file)
    path = Path(name_or_path)
    if not name_or_path or not path.exists():
        hint = did_you_mean(name_or_path, CATALOGUE)
        raise UserError(
            f'no corpus and no file is called "{name_or_path}"'
            f"{hint or '; corpora: ' + ', '.join(CATALOGUE)}"
        )
    if from_file is not None:
        raise UserError(
            f"--from goes with a corpus of the catalogue, and "
            f"{name_or_path} is a path"
        )
    return _from_path(path, field)


def _from_catalogue(entry: Entry, from_file: Path | None) -> Corpus:
    """Fetch, clean and split a corpus of the catalogue."""
    fetched = fetch(entry.download, from_file=from_file)
    edition = EDITIONS[entry.name](fetched.path)
    if entry.held_out:
        split = split_by_name(edition.documents, entry.held_out)
    else:
        split = split_by_characters(edition.documents[0])
    train, copies = _without_near_copies(split)
    return Corpus(
        name=entry.name,
        title=entry.title,
        source=entry.source,
        train=train,
        held_out=split.held_out,
        notes=(
            split.rule,
            *fetched.notes,
            *entry.caveats,
            *edition.notes,
            *copies,
        ),
    )


def _from_path(path: Path, field: str) -> Corpus:
    """Read and split the user's files."""
    reading = read_path(path, field=field)
    documents, exact = _without_exact_copies(reading.documents)
    split = split_documents(documents)
    train, copies = _without_near_copies(split)
    return Corpus(
        name=path.resolve().name,
        title=f"your own text in {path}",
        source="your own files; their licence is yours to know",
        train=train,
        held_out=split.held_out,
        notes=(split.rule, *reading.notes, *exact, *copies),
    )


def _without_exact_copies(
    documents: tuple[Document, ...],
) -> tuple[tuple[Document, ...], list[str]]:
    """Keep the first of documents that have the same text."""
    first: dict[str, Document] = {}
    notes = []
    for document in documents:
        kept = first.setdefault(document.text, document)
        if kept is not document:
            notes.append(
                f"left out: {document.name}, an exact copy of {kept.name}"
            )
    return tuple(first.values()), _shortened(notes)


def _without_near_copies(
    split: Split,
) -> tuple[tuple[Document, ...], list[str]]:
    """Return what may be trained on, and what was found on the way.

    Near-copies of held-out documents go. Those among the documents that
    are trained on stay, and are told.
    """
    rows = find_near_copies((*split.train, *split.held_out))
    held = {document.name for document in split.held_out}
    if held == {document.name for document in split.train}:
        return split.train, [_repeats(row.share) for row in rows]
    leaks: dict[str, str] = {}
    within = []
    for row in rows:
        names = (row.name, row.contained_in)
        told = (
            f"{row.name} shares {row.share:.0%} of its text with "
            f"{row.contained_in}"
        )
        of_held = held.intersection(names)
        if len(of_held) == 1:
            (leak,) = set(names) - of_held
            leaks.setdefault(leak, f"left out of training: {leak} ({told})")
        elif not of_held:
            within.append(f"near-copies to train on: {told}")
    train = tuple(each for each in split.train if each.name not in leaks)
    if not train:
        raise UserError(
            "every document to train on is a near-copy of a held-out one: "
            f"{', '.join(sorted(held)[:3])}; add other texts, or join all "
            "in one file to hold out its last tenth"
        )
    return train, _shortened(list(leaks.values())) + _shortened(within)


def _repeats(share: float) -> str:
    """Warn of one document whose end repeats what comes before it."""
    return (
        f"beware: {share:.0%} of the held-out text stands in the text to "
        "train on as well; what is measured on it will flatter"
    )


def _shortened(notes: list[str]) -> list[str]:
    """Cut a long list of notes, saying how many there were."""
    if len(notes) <= MOST_LISTED:
        return notes
    rest = len(notes) - MOST_LISTED
    kind = notes[0].partition(":")[0]
    return [*notes[:MOST_LISTED], f"{kind}: and {rest:,} more like these"]
