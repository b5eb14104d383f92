import json

import pytest

from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer
from octavo.tokenizer.files import to_json

SMALL = to_json(Tokenizer.train(["so so so"], 261).vocabulary)
MODEL = "model"
SPLIT = {
    "type": "Split",
    "pattern": {"Regex": "a+"},
    "behavior": "Isolated",
    "invert": False,
}
LEVEL = SMALL["decoder"]
REMOVE = object()


def changed(*path_and_value):
    """Return a good file's content with one thing changed."""
    content = json.loads(json.dumps(SMALL))
    *path, last, value = path_and_value
    part = content
    for key in path:
        part = part[key]
    if value is REMOVE:
        del part[last]
    else:
        part[last] = value
    return content


def steps(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


REFUSED = [
    (changed("model", REMOVE), "model is missing, or no object"),
    (changed("modell", {}), 'unknown key: "modell"; did you mean "model"'),
    (changed(MODEL, "merges", REMOVE), "model.merges is missing"),
    (changed(MODEL, "merges", {}), "model.merges is missing, or no list"),
    (changed(MODEL, "merges", 0, "s"), r"model.merges\[0\] is not two"),
    (changed(MODEL, "merges", 0, "s o o"), r"model.merges\[0\] is not two"),
    (changed(MODEL, "merges", 0, "s x̂"), r"model.merges\[0\] is not two"),
    (changed(MODEL, "merges", 0, ["s"]), r"model.merges\[0\] is not two"),
    (changed(MODEL, "merges", 0, [[], {}]), r"model.merges\[0\] is not"),
    (changed(MODEL, "merges", 0, None), r"model.merges\[0\] is not two"),
    (changed(MODEL, "merges", 0, "s p"), "merge 0 makes b'sp', which is"),
    (
        changed(MODEL, "merges", 1, "s o"),
        "merge 1 makes b'so', which an|twi",
    ),
    (changed(MODEL, "vocab", REMOVE), "model.vocab is missing"),
    (changed(MODEL, "vocab", []), "model.vocab is missing, or no object"),
    (changed(MODEL, "vocab", "so", 255), "'\\\\xff' and 'so' both have id"),
    (changed(MODEL, "vocab", "so", "256"), r"vocab\['so'\] is '256', not"),
    (changed(MODEL, "vocab", "so", True), r"vocab\['so'\] is True, not a"),
    (changed(MODEL, "vocab", "so", -1), r"vocab\['so'\] is -1, not a who"),
    (changed(MODEL, "vocab", "so", 1e99), r"\['so'\] is 1e\+99, not a"),
    (changed(MODEL, "vocab", "so", 10**30), r"is 1000+, not a whole"),
    (changed(MODEL, "vocab", "so", 1000), "no token has id 256: ids have"),
    (changed(MODEL, "vocab", "a", REMOVE), "no token has id 97"),
    (changed(MODEL, "vocab", "一", 256), "both have id 256"),
    (changed(MODEL, "vocab", "s o", 300), "' ' stands for no byte"),
    (changed(MODEL, "type", "WordPiece"), "model.type is 'WordPiece'"),
    (changed(MODEL, "type", REMOVE), "model.type is None, which is not"),
    (changed(MODEL, "dropout", 0.1), "model.dropout is 0.1, which is not"),
    (changed(MODEL, "ignore_merges", True), "model.ignore_merges is True"),
    (changed(MODEL, "byte_fallback", True), "model.byte_fallback is True"),
    (changed(MODEL, "unk_token", "?"), r"model.unk_token is '\?'"),
    (changed(MODEL, "end_of_word_suffix", "</w>"), "suffix is '</w>'"),
    (changed(MODEL, "newer", 1), 'unknown key in model: "newer"'),
    (changed("normalizer", {"type": "NFKC"}), "normalizer.type is 'NFKC'"),
    (changed("normalizer", {"type": "Sequence"}), "type is 'Sequence'"),
    (changed("normalizer", "NFC"), "normalizer is missing, or no object"),
    (changed("truncation", {"max_length": 5}), "truncation is .* not impl"),
    (changed("padding", {}), "padding is {}, which is not implemented"),
    (changed("pre_tokenizer", None), "pre_tokenizer is missing"),
    (changed("pre_tokenizer", {"type": "Digits"}), "type is 'Digits'"),
    (changed("pre_tokenizer", steps(LEVEL)), "only .Split, ByteLevel. is"),
    (changed("pre_tokenizer", steps(LEVEL, SPLIT)), "type is 'ByteLevel'"),
    (
        changed("pre_tokenizer", steps(SPLIT, LEVEL | {"use_regex": True})),
        "pre_tokenizer.use_regex is True",
    ),
    (
        changed(
            "pre_tokenizer", steps(SPLIT | {"behavior": "Removed"}, LEVEL)
        ),
        "behavior is 'Removed'",
    ),
    (
        changed(
            "pre_tokenizer",
            steps(SPLIT | {"pattern": {"String": "a"}}, LEVEL),
        ),
        'unknown key in pre_tokenizer: pattern: "String"',
    ),
    (
        changed(
            "pre_tokenizer",
            steps(SPLIT | {"pattern": {"Regex": "(a"}}, LEVEL),
        ),
        "is no regular expression",
    ),
    (
        changed("pre_tokenizer", LEVEL | {"add_prefix_space": True}),
        "pre_tokenizer.add_prefix_space is True",
    ),
    (
        changed("post_processor", {"type": "TemplateProcessing"}),
        "post_processor.type is 'TemplateProcessing'",
    ),
    (changed("decoder", None), "decoder is missing, or no object"),
    (changed("decoder", {"type": "Metaspace"}), "decoder.type is 'Metas"),
    (changed("added_tokens", {}), "added_tokens is no list"),
    (changed("added_tokens", 0, "id", 97), "has id 258 in model.vocab and"),
    (
        changed("added_tokens", 0, "id", 259),
        "has id 258 in model.vocab and",
    ),
    (
        changed("added_tokens", 0, "content", 7),
        r"tokens\[0\].content is no",
    ),
    (changed("added_tokens", 0, "content", ""), 'token "" is empty'),
    (changed("added_tokens", 0, "content", "a"), "has id 97 in model.voc"),
    (changed("added_tokens", 0, "content", "\ud800"), "no Unicode text"),
    (changed("added_tokens", 1, SMALL["added_tokens"][0]), "occurs twice"),
    (changed("added_tokens", 0, "lstrip", True), "lstrip is True"),
    ([], "the file is missing, or no object"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED)
def test_each_defect_is_one_line_that_names_the_file(
    content, said, tmp_path
):
    path = tmp_path / "strange.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=said) as caught:
        Tokenizer.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"model": ' * 100_000, "9" * 10_000, "\xff"],
    ids=["empty", "half", "deep", "deeper", "gigantic", "latin-1"],
)
def test_a_file_that_is_no_json_is_damaged(text, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"is damaged: .*; restore or"):
        Tokenizer.load(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none.json does not exist"):
        Tokenizer.load(tmp_path / "none.json")


def test_the_unchanged_file_is_read(tmp_path):
    (tmp_path / "t.json").write_text(json.dumps(SMALL))
    assert Tokenizer.load(tmp_path / "t.json").encode("so") == [256]


def test_what_changes_no_id_is_accepted(tmp_path):
    content = changed("post_processor", LEVEL | {"add_prefix_space": True})
    content[MODEL] |= {"fuse_unk": True, "dropout": 0.0}
    del content["truncation"]
    (tmp_path / "t.json").write_text(json.dumps(content))
    assert Tokenizer.load(tmp_path / "t.json").encode("so") == [256]


def test_a_special_token_normalized_before_it_is_found_is_refused(
    tmp_path,
):
    content = changed("normalizer", {"type": "NFC"})
    content["added_tokens"][1]["normalized"] = True
    (tmp_path / "t.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"tokens\[1\].normalized is True"):
        Tokenizer.load(tmp_path / "t.json")
