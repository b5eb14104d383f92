"""Reading a `tokenizer.json` that anybody may have written.

What such a file may ask for is a long list; Octavo does byte-level BPE.
Whatever else is asked for is refused by name, because a file half
understood gives wrong ids without a word.
"""

import re
from collections.abc import Mapping
from typing import Any

from octavo.foundation import UserError, check_known
from octavo.tokenizer.alphabet import to_bytes
from octavo.tokenizer.patterns import PATTERNS
from octavo.tokenizer.vocabulary import MAX_IDS, Pair, Vocabulary

Json = Mapping[str, Any]
Choices = Mapping[str, tuple[object, ...]]

TOP = [
    "version",
    "truncation",
    "padding",
    "added_tokens",
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "decoder",
    "model",
]

# What a key may say. None of it changes an id, so that the rest of the
# program need not know. An absent key is as good as any of these.
MODEL: Choices = {
    "type": ("BPE",),
    "dropout": (None, 0),
    "unk_token": (None,),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "fuse_unk": (False, True),
    "byte_fallback": (False,),
    "ignore_merges": (False,),
}
ADDED: Choices = {
    "single_word": (False,),
    "lstrip": (False,),
    "rstrip": (False,),
    "normalized": (False, True),
    "special": (False, True),
}
SPLIT: Choices = {
    "type": ("Split",),
    "behavior": ("Isolated",),
    "invert": (False,),
}
BYTE_LEVEL: Choices = {
    "type": ("ByteLevel",),
    "add_prefix_space": (False,),
    "trim_offsets": (False, True),
    "use_regex": (False, True),
}
# After the model, a prefix space concerns only where tokens came from.
BYTE_LEVEL_AFTER: Choices = {
    **BYTE_LEVEL,
    "add_prefix_space": (False, True),
}


def parse(content: object) -> Vocabulary:
    """Return the vocabulary that the content of a file describes."""
    top = _object("the file", content)
    check_known("key", top, TOP)
    for key in ("truncation", "padding"):
        _check_choice("", key, top.get(key), (None,))
    if top.get("post_processor") is not None:
        part = _object("post_processor", top["post_processor"])
        _check("post_processor", part, BYTE_LEVEL_AFTER)
    decoder = _object("decoder", top.get("decoder"))
    _check("decoder", decoder, BYTE_LEVEL_AFTER)
    normalizer = _parse_normalizer(top.get("normalizer"))
    special = _parse_added(top.get("added_tokens", []), normalizer)
    pattern = _parse_pattern(top.get("pre_tokenizer"))
    model = _object("model", top.get("model"))
    _check("model", model, MODEL, also=["vocab", "merges"])
    ids = _parse_ids(model.get("vocab"))
    return Vocabulary(
        tokens=_parse_tokens(ids, special),
        merges=_parse_merges(model.get("merges"), ids),
        special_tokens=special,
        pattern=pattern,
        normalizer=normalizer,
    )


def check_portable(pattern: str) -> None:
    r"""Refuse patterns that Hugging Face's engine reads in its own way.

    There `{1,3}+` means "one or more times", and `[[` and `&&` calculate
    with sets of characters.
    """
    found = re.search(r"\{\d+(,\d*)?\}\+|\[\^?\[|&&", pattern)
    if found:
        raise UserError(
            f'Hugging Face reads "{found[0]}" in the pattern differently; '
            f"write it without, or give a name: {', '.join(PATTERNS)}"
        )


def _parse_normalizer(part: object) -> str | None:
    if part is None:
        return None
    kind = _object("normalizer", part).get("type")
    _check_choice("normalizer", "type", kind, ("NFC",))
    return "NFC"


def _parse_pattern(part: object) -> str | None:
    """Return the pattern: ByteLevel's own, or that of a Split before."""
    where = "pre_tokenizer"
    whole = _object(where, part)
    if whole.get("type") != "Sequence":
        _check(where, whole, BYTE_LEVEL)
        return PATTERNS["gpt2"] if whole.get("use_regex", True) else None
    steps = whole.get("pretokenizers")
    if not isinstance(steps, list) or len(steps) != 2:
        raise UserError(f"{where}: only [Split, ByteLevel] is implemented")
    split = _object(f"{where}.pretokenizers[0]", steps[0])
    _check(f"{where}.pretokenizers[0]", split, SPLIT, also=["pattern"])
    last = _object(f"{where}.pretokenizers[1]", steps[1])
    _check(f"{where}.pretokenizers[1]", last, BYTE_LEVEL)
    _check_choice(where, "use_regex", last.get("use_regex", True), (False,))
    pattern = _object(f"{where}: pattern", split.get("pattern"))
    check_known(f"key in {where}: pattern", pattern, ["Regex"])
    expression = pattern.get("Regex")
    if not isinstance(expression, str):
        raise UserError(f"{where}: pattern.Regex is no text")
    check_portable(expression)
    return expression


def _parse_added(part: object, normalizer: str | None) -> dict[str, int]:
    """Return the ids of the added tokens, which are special to Octavo."""
    if not isinstance(part, list):
        raise UserError("added_tokens is no list")
    special: dict[str, int] = {}
    for number, entry in enumerate(part):
        where = f"added_tokens[{number}]"
        added = _object(where, entry)
        _check(where, added, ADDED, also=["id", "content"])
        if normalizer:  # it is found in the text as it was given
            _check_choice(
                where, "normalized", added.get("normalized"), (False,)
            )
        name = added.get("content")
        if not isinstance(name, str) or name in special:
            raise UserError(f"{where}.content is no text, or occurs twice")
        special[name] = _id(f"{where}.id", added.get("id"))
    return special


def _parse_ids(part: object) -> dict[str, int]:
    vocab = _object("model.vocab", part)
    owner: dict[int, str] = {}
    for token, index in vocab.items():
        # A check in place: this loop runs for each token of 100,000.
        if type(index) is not int or not 0 <= index < MAX_IDS:
            _id(f"model.vocab[{token!a}]", index)
        if index in owner:
            raise UserError(
                f"model.vocab: {owner[index]!a} and {token!a} both have id "
                f"{index}"
            )
        owner[index] = token
    return dict(vocab)


def _parse_tokens(
    ids: Mapping[str, int], special: Mapping[str, int]
) -> tuple[bytes | None, ...]:
    """Return the bytes of each ordinary token; special ones leave None."""
    last = max((i for t, i in ids.items() if t not in special), default=-1)
    tokens: list[bytes | None] = [None] * (last + 1)
    for written, index in ids.items():
        if written in special:
            if special[written] != index:
                raise UserError(
                    f"{written!a} has id {index} in model.vocab and "
                    f"{special[written]} in added_tokens"
                )
            continue
        try:
            tokens[index] = to_bytes(written)
        except KeyError as error:
            raise UserError(
                f"model.vocab[{written!a}]: {error.args[0]!a} stands for "
                "no byte; only byte-level vocabularies are implemented"
            ) from None
    return tuple(tokens)


def _parse_merges(part: object, ids: Mapping[str, int]) -> tuple[Pair, ...]:
    """Return the merges as ids, from ["a b", ...] or [["a", "b"], ...]."""
    if not isinstance(part, list):
        raise UserError("model.merges is missing, or no list")
    merges: list[Pair] = []
    try:
        for entry in part:
            pair = entry.split(" ") if isinstance(entry, str) else entry
            left, right = pair
            merges.append((ids[left], ids[right]))
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"model.merges[{len(merges)}] is not two tokens of model.vocab:"
            f" {entry!a:.80}"
        ) from None
    return tuple(merges)


def _object(where: str, part: object) -> Json:
    if not isinstance(part, dict):
        raise UserError(f"{where} is missing, or no object")
    return part


def _id(where: str, value: object) -> int:
    if type(value) is not int or not 0 <= value < MAX_IDS:
        raise UserError(
            f"{where} is {value!a:.40}, not a whole number from 0 to "
            f"{MAX_IDS - 1}"
        )
    return value


def _check(
    where: str, part: Json, choices: Choices, also: list[str] | None = None
) -> None:
    """Check that a part has known keys, and that they say what we do."""
    kind = part.get("type")
    if "type" in choices:
        _check_choice(where, "type", kind, choices["type"])
    check_known(f"key in {where}", part, [*choices, *(also or [])])
    for key, value in part.items():
        if key in choices:
            _check_choice(where, key, value, choices[key])


def _check_choice(
    where: str, key: str, value: object, allowed: tuple[object, ...]
) -> None:
    if value not in allowed:
        shown = " or ".join(str(choice) for choice in allowed)
        dot = "." if where else ""
        raise UserError(
            f"{where}{dot}{key} is {value!a:.40}, which is not "
            f"implemented; only {shown} is"
        )
