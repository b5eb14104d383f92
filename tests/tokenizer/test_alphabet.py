from tokenizers import pre_tokenizers

from octavo.tokenizer.alphabet import (
    ALPHABET,
    to_bytes,
    to_characters,
)


def test_every_byte_has_the_character_that_hugging_face_gives_it():
    level = pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    every = "".join(map(chr, range(0x800))) + "一\U0001f600\U000c0000"
    written = "".join(part for part, _ in level.pre_tokenize_str(every))
    assert to_characters(every.encode()) == written
    assert sorted(ALPHABET) == sorted(pre_tokenizers.ByteLevel.alphabet())


def test_a_token_is_written_and_read_back():
    assert to_characters(b" the\n\xff") == "ĠtheĊÿ"
    assert to_bytes("ĠtheĊÿ") == b" the\n\xff"
    every = bytes(range(256))
    assert to_bytes(to_characters(every)) == every
