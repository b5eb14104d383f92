import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFace
from transformers import AutoTokenizer

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer

QUICK = settings(deadline=None, max_examples=150, derandomize=True)
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
SNIPPETS = st.sampled_from(
    [
        " ",
        "   ",
        "\n",
        "\r\n",
        "\t",
        "'s",
        "'RE",
        "the",
        "é",
        "e\u0301",
        "1",
    ]
)
TEXTS = st.text(CHARACTERS) | st.lists(SNIPPETS | CHARACTERS).map("".join)


def peer_of(path) -> HuggingFace:
    """Load a file in Hugging Face's library; special tokens are text."""
    peer = HuggingFace.from_file(str(path))
    peer.encode_special_tokens = True
    return peer


@pytest.fixture(scope="session")
def saved(trained, tmp_path_factory):
    """Return each tokenizer of ours, and the library's reading of it."""
    folder = tmp_path_factory.mktemp("saved")
    others = {
        "trained": trained,
        "bytes": Tokenizer.bytes(),
        "gpt2-pattern": Tokenizer.train(["so so"] * 9, 270, "gpt2"),
        "cl100k-pattern": Tokenizer.train(["so so"] * 9, 270, "cl100k"),
    }
    pairs = {}
    for name, tokenizer in others.items():
        tokenizer.save(folder / f"{name}.json")
        pairs[name] = tokenizer, peer_of(folder / f"{name}.json")
    return pairs


OURS = ["trained", "bytes", "gpt2-pattern", "cl100k-pattern"]


@pytest.mark.parametrize("name", OURS)
def test_our_files_give_the_same_ids_in_hugging_face(
    name, saved, awkward, prose
):
    ours, theirs = saved[name]
    assert theirs.get_vocab_size() == ours.vocab_size
    for text in [*awkward, prose]:
        ids = ours.encode(text)
        assert theirs.encode(text).ids == ids
        assert theirs.decode(ids) == text


@pytest.mark.parametrize("name", OURS)
@QUICK
@given(text=TEXTS)
def test_any_text_has_the_same_ids_in_hugging_face(name, text, saved):
    ours, theirs = saved[name]
    assert theirs.encode(text).ids == ours.encode(text)


@pytest.mark.parametrize("name", ["gpt2_file", "qwen2_file"])
def test_hugging_faces_files_give_the_same_ids_here(
    name, request, awkward, prose
):
    path = request.getfixturevalue(name)
    ours, theirs = Tokenizer.load(path), peer_of(path)
    assert ours.vocab_size == theirs.get_vocab_size()
    for text in [*awkward, prose]:
        assert ours.encode(text) == theirs.encode(text).ids


@pytest.mark.parametrize("name", ["gpt2_file", "qwen2_file"])
@QUICK
@given(text=TEXTS)
def test_any_text_has_hugging_faces_ids(name, text, request):
    path = request.getfixturevalue(name)
    key = f"_loaded_{name}"
    if not hasattr(request.session, key):
        both = Tokenizer.load(path), peer_of(path)
        setattr(request.session, key, both)
    ours, theirs = getattr(request.session, key)
    assert ours.encode(text) == theirs.encode(text).ids


def test_special_tokens_are_hugging_faces_where_allowed(trained, tmp_path):
    trained.save(tmp_path / "tokenizer.json")
    theirs = HuggingFace.from_file(str(tmp_path / "tokenizer.json"))
    text = " <|im_start|><|im_end|>\n<|endoftext|> <|im_start|"
    ids = trained.encode(text, trained.special_tokens)
    assert theirs.encode(text).ids == ids
    assert len(set(ids) & set(trained.special_tokens.values())) == 3


def test_transformers_loads_a_folder_of_ours(trained, tmp_path, awkward):
    trained.save(tmp_path / "tokenizer.json")
    config = {"tokenizer_class": "PreTrainedTokenizerFast"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert len(theirs) == trained.vocab_size
    for text in awkward:
        ids = trained.encode(text, trained.special_tokens)
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == text


def test_normalizing_to_nfc_is_honoured_and_loses(qwen2_file):
    tokenizer = Tokenizer.load(qwen2_file)
    assert tokenizer.vocabulary.normalizer == "NFC"
    assert tokenizer.decode(tokenizer.encode("e\u0301")) == "é"
    assert Tokenizer.bytes().decode(b"e\xcc\x81") == "e\u0301"


@pytest.mark.parametrize("name", ["gpt2", "gpt2_file", "qwen2_file"])
def test_what_is_saved_loads_as_the_same(name, request, tmp_path):
    found = request.getfixturevalue(name)
    first = found if name == "gpt2" else Tokenizer.load(found)
    first.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path)
    assert again.vocabulary == first.vocabulary
    assert again.fingerprint == first.fingerprint


def test_unused_ids_survive_the_file(cl100k_tiktoken, tmp_path):
    first = Tokenizer.from_ranks(
        cl100k_tiktoken._mergeable_ranks,
        "cl100k",
        cl100k_tiktoken._special_tokens,
    )
    first.save(tmp_path / "t.json")
    again = Tokenizer.load(tmp_path / "t.json")
    assert again.fingerprint == first.fingerprint
    theirs = HuggingFace.from_file(str(tmp_path / "t.json"))
    text = "Grüße, <|endofprompt|> 12345\n  \n "
    expected = cl100k_tiktoken.encode(text, allowed_special="all")
    assert theirs.encode(text).ids == expected
    assert again.encode(text, ["<|endofprompt|>"]) == expected


def test_saving_twice_writes_the_same_bytes(trained, tmp_path):
    trained.save(tmp_path / "a.json")
    Tokenizer.load(tmp_path / "a.json").save(tmp_path / "b.json")
    first = (tmp_path / "a.json").read_bytes()
    assert first == (tmp_path / "b.json").read_bytes()


def test_both_spellings_of_merges_are_read(trained, tmp_path):
    trained.save(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_bytes())
    model = content["model"]
    assert model["merges"][0].count(" ") == 1
    model["merges"] = [merge.split(" ") for merge in model["merges"]]
    (tmp_path / "b.json").write_text(json.dumps(content))
    again = Tokenizer.load(tmp_path / "b.json")
    assert again.fingerprint == trained.fingerprint


def test_a_pattern_that_hugging_face_reads_differently_is_not_saved(
    tmp_path,
):
    tokenizer = Tokenizer.train(["a 1"], 300, r"\p{N}{1,3}+|\D+")
    with pytest.raises(UserError, match=r'reads "\{1,3\}\+" in the pat'):
        tokenizer.save(tmp_path / "t.json")
    assert not (tmp_path / "t.json").exists()
