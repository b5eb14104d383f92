"""The tokenizer's files in a model folder, as transformers reads them."""

import pytest
from transformers import AutoTokenizer, GenerationConfig

from octavo.interop import save_tokenizer
from octavo.tokenizer import Tokenizer

CHAT = [
    {"role": "user", "content": "Who goes there?"},
    {"role": "assistant", "content": "A friend, né."},
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["so so so, né"], 265)


@pytest.fixture(scope="module")
def folder(tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_tokenizer(tokenizer, folder, context=48)
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_holds_all_that_is_asked_for(folder):
    assert names(folder) == [
        "chat_template.jinja",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_the_chat_template_is_rendered_as_chatml(folder, tokenizer):
    theirs = AutoTokenizer.from_pretrained(folder)
    text = theirs.apply_chat_template(CHAT, tokenize=False)
    assert text == (
        "<|im_start|>user\nWho goes there?<|im_end|>\n"
        "<|im_start|>assistant\nA friend, né.<|im_end|>\n"
    )
    asked = theirs.apply_chat_template(
        CHAT[:1], tokenize=False, add_generation_prompt=True
    )
    assert asked == (
        "<|im_start|>user\nWho goes there?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    ids = theirs.apply_chat_template(CHAT, return_dict=False)
    assert ids == tokenizer.encode(text, tokenizer.special_tokens)


def test_transformers_knows_the_ends_and_the_context(folder, tokenizer):
    theirs = AutoTokenizer.from_pretrained(folder)
    end = tokenizer.end_of_text
    assert theirs.eos_token_id == theirs.pad_token_id == end
    assert theirs.model_max_length == 48
    assert len(theirs) == tokenizer.vocab_size
    # Nothing is added, and nothing is tidied.
    text = " so , so . né  !"
    assert theirs(text)["input_ids"] == tokenizer.encode(text)
    assert theirs.decode(tokenizer.encode(text)) == text


def test_it_is_sampled_as_octavo_samples(folder, tokenizer):
    config = GenerationConfig.from_pretrained(folder)
    assert (config.do_sample, config.temperature) == (True, 0.8)
    assert config.top_k == 50
    assert config.eos_token_id == tokenizer.end_of_text


def test_the_bytes_have_no_ends_and_do_not_chat(tmp_path):
    save_tokenizer(Tokenizer.bytes(), tmp_path, context=16)
    assert names(tmp_path) == [
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert theirs("né")["input_ids"] == [0x6E, 0xC3, 0xA9]
    assert theirs.eos_token is None
    assert theirs.chat_template is None
    config = GenerationConfig.from_pretrained(tmp_path)
    assert config.eos_token_id is None
