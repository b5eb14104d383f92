import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.text import Document
from octavo.text.splitting import (
    split_at_line,
    split_by_characters,
    split_by_name,
    split_documents,
)


def documents(*sizes: int) -> list[Document]:
    return [
        Document(name=f"{i}.txt", text="x" * size)
        for i, size in enumerate(sizes)
    ]


def names(part):
    return [document.name for document in part]


def test_names_are_held_out_in_the_order_of_the_documents():
    split = split_by_name(documents(1, 2, 3, 4), ["3.txt", "1.txt"])
    assert names(split.held_out) == ["1.txt", "3.txt"]
    assert names(split.train) == ["0.txt", "2.txt"]
    assert split.rule == "held out by name: 3.txt, 1.txt"


def test_a_name_that_is_not_there_is_our_fault():
    with pytest.raises(AssertionError):
        split_by_name(documents(1, 2), ["9.txt"])


def test_many_names_are_told_by_the_first_and_last():
    split = split_by_name(
        documents(*range(8)), [f"{i}.txt" for i in range(1, 8)]
    )
    assert split.rule == "held out by name: 1.txt to 7.txt (7 documents)"


def test_the_benchmark_is_cut_exactly_at_nine_tenths():
    text = "ab\n" * 371_798  # 1,115,394 characters, as the file has
    split = split_by_characters(Document(name="tiny", text=text))
    (train,), (held_out,) = split.train, split.held_out
    assert len(train.text) == 1_003_854
    assert len(held_out.text) == 111_540
    assert train.text + held_out.text == text
    assert names(split.held_out) == ["tiny"]


@pytest.mark.parametrize(
    ("text", "held_out"),
    [
        ("0123456\n8\n0123456789", "89"),  # no line begins after 18 of 20
        ("a\n" * 50, "a\n" * 5),  # the line begins exactly there
        ("a\n" * 44 + "bbbb\nc\nd\nee\n", "c\nd\nee\n"),  # the next one
        ("a" * 95 + "\nbbbb", "bbbb"),
        ("a" * 99 + "\n", "a" * 9 + "\n"),  # nothing after the line end
        ("é" * 100, "é" * 10),  # one line
    ],
)
def test_one_document_is_cut_at_a_line(text, held_out):
    split = split_at_line(Document(name="a", text=text))
    assert split.train[0].text + split.held_out[0].text == text
    assert split.held_out[0].text == held_out


def test_ten_equal_documents_hold_out_one():
    split = split_documents(documents(*[100] * 10))
    # the smallest SHA-256 of "0.txt" to "9.txt" is that of "1.txt"
    assert names(split.held_out) == ["1.txt"]
    assert len(split.train) == 9


def test_where_none_comes_near_a_tenth_the_smallest_is_held_out():
    split = split_documents(documents(500, 300, 400))
    assert names(split.held_out) == ["1.txt"]
    assert names(split.train) == ["0.txt", "2.txt"]


def test_one_document_is_divided():
    split = split_documents(documents(1_000))
    assert len(split.train[0].text) == 900


def test_the_order_of_the_documents_does_not_choose():
    mixed = documents(*range(10, 300, 7))
    chosen = set(names(split_documents(mixed).held_out))
    random.Random(1).shuffle(mixed)
    assert set(names(split_documents(mixed).held_out)) == chosen


@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=60))
def test_both_parts_have_text_and_nothing_is_lost(sizes):
    given_documents = documents(*sizes)
    split = split_documents(given_documents)
    assert split.train
    assert split.held_out
    together = sorted(names(split.train) + names(split.held_out))
    assert together == sorted(names(given_documents))
    held = sum(len(d.text) for d in split.held_out)
    if len(split.held_out) > 1:
        assert held < 0.2 * sum(sizes)


@given(st.lists(st.integers(90, 110), min_size=20, max_size=60))
def test_many_small_documents_come_near_a_tenth(sizes):
    split = split_documents(documents(*sizes))
    held = sum(len(d.text) for d in split.held_out)
    assert abs(held - sum(sizes) / 10) <= 55  # half a document
