import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer, Vocabulary

QUICK = settings(deadline=None, max_examples=150, derandomize=True)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
SNIPPETS = st.sampled_from(
    [" ", "   ", "\n", "\r\n", "\t", "'s", "'RE", "the", " of", "é", "12"]
)
TEXTS = st.text(CHARACTERS) | st.lists(SNIPPETS | CHARACTERS).map("".join)
BYTES = {bytes([byte]): byte for byte in range(256)}


@pytest.fixture(scope="session")
def cl100k(cl100k_tiktoken) -> Tokenizer:
    return Tokenizer.from_ranks(
        cl100k_tiktoken._mergeable_ranks,
        "cl100k",
        cl100k_tiktoken._special_tokens,
    )


@pytest.mark.parametrize("name", ["gpt2", "cl100k"])
def test_ids_are_tiktokens(name, request, awkward, prose):
    ours = request.getfixturevalue(name)
    theirs = request.getfixturevalue(f"{name}_tiktoken")
    for text in [*awkward, prose, "".join(awkward)]:
        ids = ours.encode(text)
        assert ids == theirs.encode_ordinary(text)
        assert ours.decode(ids) == text


@pytest.mark.parametrize("name", ["gpt2", "cl100k"])
@QUICK
@given(text=TEXTS)
def test_ids_of_any_text_are_tiktokens(name, text, request):
    ours = request.getfixturevalue(name)
    theirs = request.getfixturevalue(f"{name}_tiktoken")
    assert ours.encode(text) == theirs.encode_ordinary(text)


@pytest.mark.parametrize("name", ["gpt2", "cl100k"])
def test_a_pattern_may_be_an_expression(name, request, awkward, prose):
    named = request.getfixturevalue(name)
    theirs = request.getfixturevalue(f"{name}_tiktoken")
    ours = Tokenizer.from_ranks(
        theirs._mergeable_ranks, theirs._pat_str, named.special_tokens
    )
    for text in [*awkward, prose]:
        assert ours.encode(text) == theirs.encode_ordinary(text)


def test_special_tokens_are_tiktokens_where_allowed(
    cl100k, cl100k_tiktoken
):
    text = "a<|endoftext|><|endofprompt|> <|endoftext|"
    assert cl100k.encode(text) == cl100k_tiktoken.encode_ordinary(text)
    allowed = {"<|endofprompt|>"}
    theirs = cl100k_tiktoken.encode(
        text, allowed_special=allowed, disallowed_special=()
    )
    assert cl100k.encode(text, allowed) == theirs
    assert 100276 in theirs
    assert cl100k.vocab_size == 100277
    assert cl100k.end_of_text == 100257


def test_ids_between_special_tokens_stand_for_nothing(cl100k):
    assert cl100k.decode([100256, 64, 100257]) == "\ufffda<|endoftext|>"


def test_our_vocabulary_works_in_tiktoken(trained, awkward, prose):
    theirs = trained.to_tiktoken()
    assert isinstance(theirs, tiktoken.Encoding)
    assert theirs.n_vocab == trained.vocab_size
    for text in [*awkward, prose]:
        assert theirs.encode_ordinary(text) == trained.encode(text)
    text = "<|im_start|>user<|im_end|>"
    assert theirs.encode(text, allowed_special="all") == trained.encode(
        text, trained.special_tokens
    )


@pytest.fixture(scope="module")
def as_tiktoken(trained) -> tiktoken.Encoding:
    return trained.to_tiktoken()


@QUICK
@given(text=TEXTS)
def test_any_text_has_the_same_ids_in_tiktoken(trained, as_tiktoken, text):
    assert as_tiktoken.encode_ordinary(text) == trained.encode(text)


def test_the_bytes_work_in_tiktoken():
    tokenizer = Tokenizer.bytes()
    theirs = tokenizer.to_tiktoken()
    text = "naïve\n\n text"
    assert theirs.encode_ordinary(text) == tokenizer.encode(text)


def test_tiktoken_gets_no_ids_that_are_not_in_merge_order():
    vocabulary = Vocabulary(
        tokens=(*BYTES, b"cd", b"ab"),
        merges=((97, 98), (99, 100)),
        special_tokens={},
        pattern=None,
    )
    with pytest.raises(UserError, match="merge 0 makes id 257, the next"):
        Tokenizer(vocabulary).to_tiktoken()


def test_tiktoken_gets_no_normalizer(qwen2_file):
    with pytest.raises(UserError, match="does not normalize text to NFC"):
        Tokenizer.load(qwen2_file).to_tiktoken()


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        (BYTES | {b"ab": 255}, "rank 255 of b'ab' is out of range or"),
        (BYTES | {b"ab": -1}, "rank -1 of b'ab' is out of range"),
        (BYTES | {b"ab": 1 << 20}, "rank 1048576 of b'ab' is out of range"),
        (BYTES | {b"ab": 10**30}, "rank 10+ of b'ab' is out of range"),
        (BYTES | {b"ab": 257}, "no token has id 256"),
        ({b"a": 0}, "the byte 0x00 has no token"),
        (BYTES | {b"abc": 256}, "b'abc' .* cannot be made by merges"),
        (BYTES | {b"bc": 256, b"ab": 257, b"abx": 258, b"abc": 259}, None),
        (BYTES | {b"bc": 256, b"ab": 257, b"abcd": 258}, "cannot be made"),
    ],
)
def test_ranks_that_merges_cannot_explain_are_refused(ranks, said):
    if said is None:
        Tokenizer.from_ranks(ranks, None, {})
        return
    with pytest.raises(UserError, match=said):
        Tokenizer.from_ranks(ranks, None, {})


@pytest.mark.parametrize("number", [1 << 20, 10**30])
def test_a_special_tokens_gigantic_id_is_refused(number):
    with pytest.raises(UserError, match=f"id {number} is too large: ids e"):
        Tokenizer.from_ranks(BYTES, None, {"<|end|>": number})
