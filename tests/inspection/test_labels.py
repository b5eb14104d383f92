import pytest

from octavo.inspection.labels import label, token_labels, token_pieces
from octavo.tokenizer import Tokenizer


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (b" love", "·love"),
        (b",\n\n", ",↵↵"),
        (b"\ta", "⇥a"),
        (b"\xe2\x80", "⟨e2 80⟩"),
        ("é".encode(), "é"),
        (b"\x1b[2J", "\ufffd[2J"),
        (b"$x^2$", "$x^2$"),
    ],
)
def test_a_label_shows_all_that_is_in_a_token(token, name):
    assert label(token) == name


def test_pieces_are_the_text_cut_where_its_letters_are_whole():
    tokenizer = Tokenizer.bytes()
    ids = tokenizer.encode("é !")
    assert token_labels(tokenizer, ids) == ["⟨c3⟩", "⟨a9⟩", "·", "!"]
    assert token_pieces(tokenizer, ids) == ["", "é", " ", "!"]
    assert token_pieces(tokenizer, ids[:1]) == ["\ufffd"]
