import pytest

from octavo.foundation import UserError
from octavo.tokenizer.published import carried_file, load_published


@pytest.mark.parametrize("name", ["gpt2", "cl100k"])
def test_a_published_vocabulary_is_what_tiktoken_reads(
    name, request, awkward
):
    """Read by us from other files of the package, or line by line."""
    theirs = request.getfixturevalue(f"{name}_tiktoken")
    ours = load_published(name)
    assert ours.vocabulary.ids == theirs._mergeable_ranks
    assert ours.vocab_size == theirs.n_vocab
    assert theirs._special_tokens.items() <= ours.special_tokens.items()
    for text in awkward:
        assert ours.encode(text) == theirs.encode_ordinary(text)


def test_gpt2s_merges_are_in_their_published_order():
    vocabulary = load_published("gpt2").vocabulary
    assert len(vocabulary.merges) == 50_000
    assert vocabulary.made == list(range(256, 50_256))
    assert vocabulary.tokens[256:260] == (b" t", b" a", b"he", b"in")


def test_what_is_not_known_or_not_installed_is_said(monkeypatch):
    with pytest.raises(UserError, match='did you mean "gpt2"'):
        load_published("gpt3")
    for package in ("no_such_package", "pytest"):
        with pytest.raises(UserError, match=r"install 'octavo\[compare\]'"):
            carried_file(package, "vocab.bpe")
