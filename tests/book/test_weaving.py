import json
import shutil

import pytest

from octavo.book import library
from octavo.book.document import Entry, Fence, Heading, Paragraph, plain

CHAPTER = """\
# Small {#small}

The first section says that half of ten is {half.answer}, or
{half.answer:.2f} to two places. It is in [listing](#mask) of
[chapter](#small), which is [number](#small).

```python half
answer = 10 / 2
print("half is", answer)
```

```output half
```

```listing octavo.model.attention.causal_mask
label: mask
docstring: drop
```
"""


def test_a_chapter_is_filled_with_code_outputs_and_numbers(book):
    book.write(CHAPTER)
    book.record()
    chapter = book.weave().chapters[0]
    first = next(b for b in chapter.blocks if isinstance(b, Paragraph))
    assert plain(first.children) == (
        "The first section says that half of ten is 5.0, or 5.00 to two "
        "places. It is in listing\u00a01.1 of chapter\u00a01, which is 1."
    )
    _, output, listing = (b for b in chapter.blocks if isinstance(b, Fence))
    assert output.code == "half is 5.0"
    assert listing.place == "model/attention.py"
    assert listing.code.startswith("def causal_mask(")
    assert listing.code.endswith("everything.tril(num_keys - num_queries)")


STALE = 'the recording of "half" is stale'
AMISS = [
    (
        "attention.causal_mask",
        "attention.causal",
        'octavo.model.attention defines no "causal"; did you mean "causal',
    ),
    (
        "](#mask)",
        "](#musk)",
        ':3: nothing is labelled "musk"; did you mean',
    ),
    (
        "[listing](#mask)",
        "[figure](#mask)",
        "is no figure, but listing 1.1",
    ),
    ("first", "frist", '01-small.md:3: no dictionary knows "frist"'),
    ("10 / 2", "11 / 2", f"01-small.md:7: {STALE}"),
    ("{half.answer:.2f}", "{half.again}", STALE),
    ("{half.answer:.2f}", "{half.answer:q}", ":3: half.answer: Unknown"),
    ("python half", "python halve", 'nothing that runs is called "half"'),
    ("label: mask", "labels: mask", ':15: "labels"; did you mean "label"'),
    ("[chapter]", "[@vaswani2017]. [chapter]", 'no source "vaswani2017"'),
    ("```output half", "```output helf", 'no run is called "helf"'),
]


@pytest.mark.parametrize(("before", "after", "message"), AMISS)
def test_what_is_amiss_is_named(book, before, after, message):
    book.write(CHAPTER)
    book.record()
    assert before in CHAPTER
    book.write(CHAPTER.replace(before, after))
    assert message in book.fault()


def test_appendices_have_letters_and_a_preface_has_none(book):
    section = "See [figure](#shape) of [appendix](#end).\n\n## Part\n"
    book.write(f"# Before {{#before}}\n\n{section}", "00-before.md")
    book.write(f"# Late {{#late}}\n\n{section}", "11-late.md")
    book.write(
        "# End {#end}\n\nSee [chapter](#late).\n\n## Part {#part}\n\n"
        "As in [section](#part), with a sum:\n\n$$\na + b\n$$ (sum)\n",
        "A-end.md",
    )
    assert 'nothing is labelled "shape"' in book.fault()
    for name in ("00-before.md", "11-late.md"):
        text = (book.folder / name).read_text()
        book.write(text.replace("figure](#shape", "equation](#sum"), name)
    before, late, end = book.weave().chapters
    numbers = [
        [one.number for one in chapter.blocks if isinstance(one, Heading)]
        for chapter in (before, late, end)
    ]
    assert numbers == [["", ""], ["11", "11.1"], ["A", "A.1"]]
    assert plain(before.blocks[1].children) == (
        "See equation\u00a0A.1 of appendix\u00a0A."
    )
    assert plain(end.blocks[1].children) == "See chapter\u00a011."
    book.write("# Late {#late}\n\n[chapter](#before)\n", "11-late.md")
    assert '"before" has no number: refer in words' in book.fault()
    book.write("# Late {#late}\n\n[chapter](#end)\n", "11-late.md")
    assert '"end" is no chapter, but appendix A' in book.fault()
    book.write("# Odd\n", "odd-one.md")
    assert "odd-one.md: the name begins with a chapter's" in book.fault()


def test_all_that_is_amiss_is_said_at_once(book):
    book.write("# Small\n\nA frist word, and frist; a secnod.\n")
    book.write("# Other\n\nA therd.\n", "02-other.md")
    (book.folder / "words.txt").write_text("never\n")
    assert book.fault().splitlines() == [
        '01-small.md:3: no dictionary knows "frist"',
        '01-small.md:3: no dictionary knows "secnod"',
        '02-other.md:3: no dictionary knows "therd"',
        "(what is right there goes into words.txt)",
        'words.txt: no chapter uses "never"',
    ]
    book.write("# Small\n\n[A](#one) and [two](#two).\n")
    book.write("# Other\n\nBy [@nobody].\n", "02-other.md")
    (book.folder / "words.txt").unlink()
    assert book.fault().splitlines() == [
        '01-small.md:3: nothing is labelled "one"',
        '01-small.md:3: nothing is labelled "two"',
        '02-other.md:3: no source "nobody"',
    ]


def test_what_was_never_recorded_is_named(book):
    book.write(CHAPTER)
    assert book.fault() == (
        '01-small.md:7: "half" is not recorded; run `octavo book record '
        "01-small`"
    )


def test_a_value_that_is_recorded_and_not_used_is_named(book):
    book.write(CHAPTER)
    book.record()
    prose = "{half.answer}, or\n{half.answer:.2f}"
    book.write(CHAPTER.replace(prose, "a, or"))
    assert '"half" records answer, which the book does not' in book.fault()


def test_a_recording_that_nothing_is_called_is_named(book):
    book.write(CHAPTER)
    book.record()
    path = book.folder / "recorded/01-small.json"
    recorded = json.loads(path.read_text())
    path.write_text(json.dumps({**recorded, "old": recorded["half"]}))
    assert 'has a recording of "old", which nothing' in book.fault()


def test_an_output_that_no_block_shows_is_named(book):
    text = CHAPTER.replace("```output half\n```\n", "")
    text = text.replace("{half.answer}, or\n{half.answer:.2f}", "a, or")
    book.write(text)
    book.record()
    assert '"half" prints what no output block shows' in book.fault()


def test_a_line_too_wide_for_the_page_is_named(book):
    book.write(CHAPTER.replace("print(", f"# {'-' * 80}\nprint("))
    book.record()
    assert "line 2 of 01-small.md:7 is 82 columns wide" in book.fault()


def test_a_recording_is_stale_when_the_library_changes(
    book, tmp_path, monkeypatch
):
    book.write(
        "# Small\n\n```python mask\nfrom octavo.model import causal_mask\n"
        "print(causal_mask(1, 2).tolist())\n```\n\n```output mask\n```\n"
    )
    book.record()
    book.weave()
    copy = tmp_path / "octavo"
    shutil.copytree(library.ROOT, copy)
    path = copy / "model/attention.py"
    text = path.read_text("utf-8")
    monkeypatch.setattr(library, "ROOT", copy)
    for change, stale in [("torch.ones", False), ("torch.zeros", True)]:
        path.write_text(text.replace("torch.ones", change) + "\n# end\n")
        library.load_module.cache_clear()
        if stale:
            assert "is stale" in book.fault()
        else:
            book.weave()
    library.load_module.cache_clear()


def test_a_word_of_the_list_that_no_chapter_uses_is_named(book):
    book.write("# Small\n\nThe tokenizer reads.\n")
    (book.folder / "words.txt").write_text("tokenizer\n")
    book.weave()
    (book.folder / "words.txt").write_text("tokenizer\nsoftmax\n")
    assert book.fault() == 'words.txt: no chapter uses "softmax"'


ENTRY = """[{}]
authors = "A. One and B. Other"
short = "One et al."
year = {}
title = "{}"
where = "Here"
why = "See [chapter](#small)."
"""


def test_sources_are_cited_listed_and_known(book):
    book.write("# Small {#small}\n\nAs written [@one].\n")
    sources = book.folder / "sources.toml"
    sources.write_text(ENTRY.format("one", 1900, "All"))
    assert "no chapter has a sources block" in book.fault()
    book.write("# Works\n\n```sources\n```\n", "A-works.md")
    assert book.weave().sources["one"].title == "All"
    two = ENTRY.format("two", 1901, "Why?")
    sources.write_text(ENTRY.format("one", 1900, "All") + two)
    assert book.fault() == 'sources.toml: nothing cites "two"'
    sources.write_text(
        ENTRY.format("one", 1900, "All") + two.replace("1901", "1900")
    )
    assert '2 are cited as "One et al. 1900"' in book.fault()


def test_an_entry_says_why_and_where_a_work_is_cited(book):
    book.write("# Small {#small}\n\nAs [@two] and [@one], by [@two].\n")
    book.write("# Late {#late}\n\nAs [@two].\n", "02-late.md")
    book.write("# Works\n\nRead [@one].\n\n```sources\n```\n", "A-works.md")
    (book.folder / "sources.toml").write_text(
        ENTRY.format("two", 1901, "Why?") + ENTRY.format("one", 1900, "All")
    )
    entries = [
        block
        for block in book.weave().chapters[-1].blocks
        if isinstance(block, Entry)
    ]
    assert [one.label for one in entries] == ["source-one", "source-two"]
    assert [one.source.ended_title for one in entries] == ["All.", "Why?"]
    said = [plain(one.children) for one in entries]
    assert said == [
        "See chapter\u00a01. 1",
        "See chapter\u00a01. 1 and 2",
    ]


def test_only_a_number_has_a_minus(book):
    book.write(
        "# Small\n\nIt is {w.low:.1f}, {w.name}, {w.much}.\n\n"
        "```python w\nlow, name, much = -2.5, 'well-read', '1-2 --a'\n```\n"
    )
    (book.folder / "words.txt").write_text("")
    book.record()
    told = plain(book.weave().chapters[0].blocks[1].children)
    assert told == "It is \u22122.5, well-read, 1-2 --a."
