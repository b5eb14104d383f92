import json
import sys
from dataclasses import replace

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer, bytes_per_token
from octavo.tokenizer.comparison.chart import draw_comparison
from octavo.tokenizer.comparison.compare import AWKWARD, Comparison, compare
from octavo.tokenizer.comparison.contenders import (
    CONTENDERS,
    WORD,
    Unavailable,
    make_characters,
    make_sentencepiece,
    make_words,
)
from octavo.tokenizer.comparison.findings import findings
from octavo.tokenizer.comparison.report import (
    cells,
    headings,
    to_json,
    to_markdown,
)
from octavo.tokenizer.comparison.samples import Sample

SIZE = 600
RUSSIAN = Sample(
    name="Russian",
    documents=("Все счастливые семьи похожи друг на друга,\n",),
    source="the first line of Anna Karenina",
)


@pytest.fixture(scope="module")
def parts(prose) -> tuple[list[str], Sample]:
    """Texts to learn from, and a text held out."""
    cut = len(prose) // 2
    texts = [prose[: cut // 2], prose[cut // 2 : cut]]
    held_out = (prose[cut : cut + 20_000], prose[-20_000:])
    return texts, Sample(name="held out", documents=held_out, source="us")


@pytest.fixture(scope="module")
def table(parts) -> Comparison:
    texts, held_out = parts
    return compare(texts, [held_out, RUSSIAN], SIZE)


def test_everyone_takes_part(table):
    assert [row.name for row in table.rows] == [c.name for c in CONTENDERS]
    assert not [row.name for row in table.rows if row.missing]


def test_words_are_hugging_faces(parts, table):
    """The same words, the same <unk>, the same number of tokens."""
    texts, held_out = parts
    peer = tokenizers.Tokenizer(models.WordLevel(unk_token="<unk>"))
    peer.pre_tokenizer = pre_tokenizers.Whitespace()
    peer.train_from_iterator(
        texts,
        trainers.WordLevelTrainer(
            vocab_size=SIZE, special_tokens=["<unk>"], show_progress=False
        ),
    )
    ids = [peer.encode(text).ids for text in held_out.documents]
    tokens = sum(map(len, ids))
    row = table.row("words")
    size = sum(len(text.encode()) for text in held_out.documents)
    assert row.vocab_size == SIZE == peer.get_vocab_size()
    assert row.bytes_per_token["held out"] == size / tokens
    unknown = sum(each.count(0) for each in ids) / tokens
    assert 0.1 < unknown < 0.5
    assert row.unknown["held out"] == unknown
    assert row.unknown["Russian"] > 0.8


def test_bpe_is_measured_as_elsewhere_and_close_to_hugging_faces(
    parts, table
):
    texts, held_out = parts
    ours, peer = table.row("Octavo BPE"), table.row("Hugging Face BPE")
    again = Tokenizer.train(texts, SIZE)
    assert ours.vocab_size == peer.vocab_size == SIZE
    assert ours.bytes_per_token["held out"] == bytes_per_token(
        again, held_out.documents
    )
    for name in ("held out", "Russian"):
        assert ours.bytes_per_token[name] == pytest.approx(
            peer.bytes_per_token[name], rel=0.005
        )
    for row in (ours, peer):
        assert row.lossless
        assert set(row.unknown.values()) == {0.0}


def test_bytes_and_characters_are_what_they_say(table):
    one_byte = table.row("bytes")
    assert one_byte.vocab_size == 256
    assert set(one_byte.bytes_per_token.values()) == {1.0}
    assert one_byte.lossless
    characters = table.row("characters")
    (russian,) = RUSSIAN.documents
    letters = [c for c in russian if c not in " ,\n"]
    assert characters.unknown["Russian"] == len(letters) / len(russian)
    assert characters.bytes_per_token["Russian"] == len(
        russian.encode()
    ) / len(russian)


def test_sentencepiece_as_it_comes_loses_and_with_bytes_keeps(table):
    plain, kept = (
        table.row("SentencePiece BPE"), table.row("SentencePiece + bytes"),
    )  # fmt: skip
    assert plain.unknown["Russian"] > 0.3
    assert "Russian" in plain.lost
    assert set(kept.unknown.values()) == {0.0}
    assert kept.lost == ("others' marks",)  # U+2581 is its own space


def test_sentencepieces_unknowns_are_its_own_count(parts):
    codec = make_sentencepiece(parts[0], SIZE, model_type="bpe")
    text = RUSSIAN.documents[0]
    ids = codec.encode(text)
    assert ids.count(codec.unknown) >= text.count(" ")
    assert codec.decode(ids).count("\u2047") == ids.count(codec.unknown)


@pytest.mark.parametrize("name", ["gpt2", "cl100k"])
def test_ready_vocabularies_are_tiktokens(name, request, parts, table):
    _, held_out = parts
    theirs = request.getfixturevalue(f"{name}_tiktoken")
    row = table.row(f"tiktoken {name}")
    assert row.training_seconds is None
    assert row.lossless
    for sample in (held_out, RUSSIAN):
        size = sum(len(text.encode()) for text in sample.documents)
        tokens = sum(
            len(theirs.encode_ordinary(text)) for text in sample.documents
        )
        assert row.bytes_per_token[sample.name] == size / tokens


def test_a_word_list_by_hand():
    codec = make_words(["a rose is a rose is a rose!", "so"], 4)
    assert codec.vocab_size == 4  # <unk>, a, rose, is
    assert codec.encode("is a tulip a rose?") == [3, 1, 0, 1, 2, 0]
    assert codec.decode([3, 1, 0]) == "is a <unk>"


def test_characters_by_hand():
    codec = make_characters(["abca"], 4096)
    assert codec.vocab_size == 4
    assert codec.encode("cab!") == [3, 1, 2, 0]
    assert codec.decode([3, 1, 2]) == "cab"


def test_spelling_counts_pieces_of_words(parts, table):
    texts, held_out = parts
    words, bpe = make_words(texts, SIZE), Tokenizer.train(texts, SIZE)
    counts = {True: [0, 0], False: [0, 0]}
    for text in held_out.documents:
        for word in WORD.findall(text):
            if word.isalpha():
                count = counts[words.encode(word) == [0]]
                count[0] += len(bpe.encode(" " + word))
                count[1] += 1
    spelling = table.spelling
    known, unknown = (counts[side] for side in (False, True))
    assert spelling.pieces_per_known_word == known[0] / known[1]
    assert spelling.pieces_per_unknown_word == unknown[0] / unknown[1]
    assert "".join(spelling.example_pieces) == " " + spelling.example


def test_findings_are_the_measured_numbers(table):
    words, spelling, peers = findings(table)
    row = table.row("words")
    assert f"{row.unknown['held out']:.1%} of the words" in words
    assert f"Russian {row.unknown['Russian']:.1%}" in words
    assert (
        f"{table.spelling.pieces_per_unknown_word:.1f} pieces" in spelling
    )
    share = table.row("SentencePiece BPE").unknown["Russian"]
    assert f"({share:.1%} of its pieces of Russian)" in peers
    assert "and then nothing is; tiktoken" in peers
    assert "gives it back" in peers


def changed(table: Comparison, name: str, **fields) -> Comparison:
    rows = tuple(
        replace(row, **fields) if row.name == name else row
        for row in table.rows
    )
    return replace(table, rows=rows)


def test_claims_that_do_not_hold_are_not_made(table):
    none = {"held out": 0.0, "Russian": 0.0}
    some = {"held out": 0.0, "Russian": 0.5}
    covered = changed(table, "words", unknown=none)
    assert "covers every text" in findings(covered)[0]
    assert "is lost" not in findings(covered)[0]
    assert "not asked" in findings(replace(table, spelling=None))[1]
    lossy = changed(table, "Octavo BPE", lost=("Russian",))
    assert "must never happen" in findings(lossy)[1]
    cheap = replace(table.spelling, pieces_per_unknown_word=1.0)
    assert "no more, 1.0" in findings(replace(table, spelling=cheap))[1]
    assert (
        "knew all of these"
        in findings(changed(table, "SentencePiece BPE", unknown=none))[2]
    )
    assert (
        "even where bytes"
        in findings(changed(table, "SentencePiece + bytes", unknown=some))[
            2
        ]
    )
    assert (
        "did not give back"
        in findings(changed(table, "tiktoken gpt2", lost=("emoji",)))[2]
    )


def test_a_missing_package_is_a_row_that_says_so(parts):
    texts, held_out = parts

    def absent(_texts, _size):
        raise Unavailable("not installed: pip install 'octavo[compare]'")

    some = [
        replace(c, make=absent) if "tiktoken" in c.name else c
        for c in CONTENDERS
        if "Piece" not in c.name
    ]
    table = compare(texts, [held_out], 400, contenders=some)
    assert table.row("tiktoken gpt2") is None
    row = table.rows[-1]
    assert cells(table, row) == ["tiktoken cl100k", *["–"] * 7]
    written = to_markdown(table)
    assert "- tiktoken gpt2: not installed: pip install" in written
    assert "nothing is said of them" in findings(table)[2]
    json.dumps(to_json(table))


def test_a_package_that_cannot_be_imported_is_unavailable(
    parts, monkeypatch
):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(Unavailable, match="pip install"):
        make_sentencepiece(parts[0], SIZE)


def test_what_a_peer_refuses_is_its_rows_reason(parts):
    _, held_out = parts
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 1000)))
    table = compare([text], [held_out], 300)
    missing = {row.name: row.missing for row in table.rows if row.missing}
    assert "SentencePiece + bytes" in missing
    assert all("SentencePiece says: " in why for why in missing.values())
    assert all("\n" not in why for why in missing.values())


def test_the_table_is_written_in_full(table):
    lines = to_markdown(table).splitlines()
    titles = headings(table)
    assert lines[0] == f"| {' | '.join(titles)} |"
    assert titles[2:4] == [
        "bytes per token: held out", "bytes per token: Russian",
    ]  # fmt: skip
    for row, line in zip(table.rows, lines[2:], strict=False):
        assert line == f"| {' | '.join(cells(table, row))} |"
    ours = cells(table, table.row("Octavo BPE"))
    assert ours[1] == "600"
    assert ours[4:7] == ["0.0%", "0.0%", "all"]
    words = table.row("words")
    assert cells(table, words)[4:6] == [
        f"{words.unknown[name]:.1%}" for name in ("held out", "Russian")
    ]
    texts = 2 + len(AWKWARD)
    kept = cells(table, table.row("SentencePiece + bytes"))
    assert kept[6] == f"{texts - 1} of {texts}"
    for sentence in findings(table):
        assert sentence in lines
    size = len(RUSSIAN.documents[0].encode())
    note = f"- Russian: {size} bytes, the first line of Anna Karenina"
    assert note in lines


def test_json_has_every_number(table):
    content = json.loads(json.dumps(to_json(table)))
    row = content["rows"][3]
    assert row["name"] == "Octavo BPE"
    assert row["lossless"] is True
    assert row["bytes_per_token"] == table.rows[3].bytes_per_token
    assert content["findings"] == findings(table)
    assert content["texts"][1]["name"] == "Russian"


def test_the_chart_is_drawn(table, tmp_path):
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        draw_comparison(table, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert "<!-- Octavo BPE  600 -->" in drawn
    assert "<!-- Russian -->" in drawn


def test_nothing_to_compare_on_is_refused(parts):
    texts, held_out = parts
    empty = Sample(name="held out", documents=("",), source="nowhere")
    for given, samples in (([""], [held_out]), (texts, [empty])):
        with pytest.raises(UserError, match="no text to compare"):
            compare(given, samples, SIZE)
    with pytest.raises(UserError, match="at least 259 ids"):
        compare(texts, [held_out], 100)
