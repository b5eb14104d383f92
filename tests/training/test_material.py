"""What is derived from a text alone."""

import pytest

from octavo.text import Corpus, Document
from octavo.training.material import opening, vocab_size_for


def corpus_of(train: str, held_out: str = "held out") -> Corpus:
    return Corpus(
        name="c",
        title="",
        source="",
        train=(Document(name="a", text=train),),
        held_out=(Document(name="b", text=held_out),),
        notes=(),
    )


@pytest.mark.parametrize(
    ("num_bytes", "size"),
    [(1, 512), (512_999, 512), (700_000, 700), (5_000_000, 4096)],
)
def test_a_vocabulary_has_a_token_for_each_kilobyte(num_bytes, size):
    assert vocab_size_for(corpus_of("x" * num_bytes)) == size
    assert vocab_size_for(corpus_of("é" * (num_bytes // 2))) == size


@pytest.mark.parametrize(
    ("held_out", "prompt"),
    [
        ("\n\n ACT I.\nSCENE", "ACT I.\n"),
        ("x" * 100, "x" * 60 + "\n"),
        ("\n \n", "\n"),  # nothing but blank lines
    ],
)
def test_samples_begin_as_the_held_out_text_does(held_out, prompt):
    assert opening(corpus_of("t", held_out)) == prompt
