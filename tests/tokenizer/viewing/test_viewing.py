import random
import re
from html.parser import HTMLParser

import pytest

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer, train_bpe
from octavo.tokenizer.published import load_published
from octavo.tokenizer.viewing.page import to_page
from octavo.tokenizer.viewing.tokens import (
    Step,
    show,
    stretches,
    trace,
    view,
)


@pytest.fixture(scope="module")
def gpt2() -> Tokenizer:
    return load_published("gpt2")


def test_tokens_are_the_encoders(gpt2, gpt2_tiktoken, awkward):
    for text in awkward:
        tokens = view(gpt2, text)
        ids = [token.id for token in tokens]
        assert ids == gpt2_tiktoken.encode_ordinary(text)
        assert b"".join(token.data for token in tokens) == text.encode()


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b" the", "·the"),
        (b"\t\r\n\n", "→␍↵↵"),
        ("ß".encode(), "ß"),
        (b" \xf0\x9f", "·⟨f0 9f⟩"),
        (b"a\xc3", "a⟨c3⟩"),
        (b"\x1b[2J\x00", "⟨1b⟩[2J⟨00⟩"),
        ("\u200d".encode(), "⟨e2 80 8d⟩"),
        ("\u0301a".encode(), "◌\u0301a"),
        (b"\xed\xa0\x80", "⟨ed a0 80⟩"),
        (b"", ""),
    ],
)
def test_what_cannot_be_seen_is_marked(data, shown):
    assert show(data) == shown
    assert b"".join(each.data for each in stretches(data)) == data


def test_every_byte_is_shown_visibly():
    rng = random.Random(0)
    for _ in range(300):
        data = rng.randbytes(rng.randrange(1, 9))
        assert b"".join(each.data for each in stretches(data)) == data
        assert show(data).isprintable()
        assert " " not in re.sub("⟨.*?⟩", "", show(data))


def test_a_trace_by_hand():
    """Four words with "ug", three of them "hug": counted by hand."""
    merges, _ = train_bpe("hug hug hugs pug", 4, "gpt2")
    tokenizer = Tokenizer.train(
        ["hug hug hugs pug"], 260, "gpt2", special_tokens=()
    )
    counts = [merge.count for merge in merges]
    steps = trace(tokenizer, "hugs", counts)
    assert steps == [
        Step(0, 256, b"ug", (b"h", b"ug", b"s"), 4),
        Step(1, 257, b"hug", (b"hug", b"s"), 3),
    ]
    assert [merge.pair for merge in merges[:2]] == [
        (b"u", b"g"), (b"h", b"ug"),
    ]  # fmt: skip
    assert trace(tokenizer, "x") == []


def test_a_trace_ends_in_the_ids_of_the_word(gpt2, trained):
    words = "tokenization| the|naïve|Mississippi|aaaaaaa|🌹|indivisibility"
    for tokenizer in (gpt2, trained):
        ids = tokenizer.vocabulary.ids
        for word in words.split("|"):
            steps = trace(tokenizer, word)
            ranks = [step.rank for step in steps]
            assert ranks == sorted(set(ranks))
            pieces = [
                tuple(bytes([byte]) for byte in word.encode()),
                *(step.pieces for step in steps),
            ]
            for before, step in zip(pieces, steps, strict=False):
                lost = len(before) - len(step.pieces)
                assert lost >= 1
                assert step.made in step.pieces
                assert ids[step.made] == step.id
                assert b"".join(step.pieces) == word.encode()
            assert [ids[piece] for piece in pieces[-1]] == (
                tokenizer.encode(word)
            )


def test_ranks_are_the_lines_of_gpt2s_merges(gpt2, gpt2_tiktoken):
    for step in trace(gpt2, " tokenization"):
        assert step.id == step.rank + 256
        assert gpt2_tiktoken._mergeable_ranks[step.made] == step.id


def test_a_table_of_ranks_is_traced_by_its_ranks(cl100k_tiktoken):
    tokenizer = load_published("cl100k")
    steps = trace(tokenizer, " tokenization")
    assert [step.id for step in steps] == [
        cl100k_tiktoken._mergeable_ranks[step.made] for step in steps
    ]
    assert [step.rank for step in steps] == [s.id - 256 for s in steps]
    assert steps[-1].pieces == (b" token", b"ization")


def test_only_one_pre_token_is_traced(gpt2):
    with pytest.raises(UserError, match='"two" " words": trace one'):
        trace(gpt2, "two words")
    with pytest.raises(UserError, match="but nothing"):
        trace(gpt2, "")


class Reader(HTMLParser):
    """Reads a page back: tags, tokens, and the text a reader copies."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[int] = []
        self.copied = ""
        self.depth = 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        named = dict(attributes)
        if "data-id" in named:
            self.ids.append(int(named["data-id"]))
        if tag == "div":
            self.depth += 1

    def handle_endtag(self, tag):
        self.depth -= tag == "div"

    def handle_data(self, data):
        if self.depth:
            self.copied += data


def test_a_page_has_the_ids_and_the_text(gpt2):
    text = 'Now  is <b>the</b> & "winter"\n\n\tf\u00fcr; <script>x</script>'
    page = to_page(view(gpt2, text), "gpt2")
    found = Reader(page)
    assert found.ids == gpt2.encode(text)
    assert found.copied == text
    assert not {"b", "script", "link", "img"} & set(found.tags)
    assert "://" not in page
    assert f"<h1>{len(found.ids)} tokens</h1>" in page
    assert "prefers-color-scheme: dark" in page


def test_hostile_names_and_bytes_stay_text(gpt2, awkward):
    tokens = view(gpt2, "".join(awkward))
    page = to_page(tokens, '<img src="x">', [], "")
    assert Reader(page).ids == [token.id for token in tokens]
    assert "<img" not in page
    allowed = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")
    assert allowed.fullmatch(page)


def test_a_page_shows_a_trace(gpt2):
    steps = trace(gpt2, " </")
    page = to_page([], "gpt2", steps, " </")
    assert Reader(page).tags.count("tr") == 1 + len(steps) > 1
    assert "How “·&lt;/” is built" in page
