"""Signs in the text and its tokens: before the first step as well."""

import numpy as np

from octavo.tokenizer import Tokenizer
from octavo.training.doctor.evidence import Evidence, Sign

# Under that many passes, or with fewer numbers to a token of text, a model
# without dropout has not learned small texts by heart (LOG.md).
MANY_PASSES, MANY_NUMBERS = 10, 5
# As many bytes to a token, times this, would a vocabulary of the same size
# hold that was made for the text.
UNFIT = 1.3
UNUSED = 0.5  # of the vocabulary beyond the single bytes
JUDGED_BYTES = 2_000_000  # of the text, to judge a tokenizer by
BYTE_IDS = 256
FEW_DOCUMENTS = 8


def too_little_text(e: Evidence) -> Sign | None:
    """Look for a model that can only learn its text by heart."""
    recipe, tokens = e.run.recipe, len(e.run.train.ids)
    numbers = e.shape.num_parameters() / tokens
    if e.passes() < MANY_PASSES or numbers < MANY_NUMBERS:
        return None
    if recipe.model.dropout or still_improving(e):
        return None
    return Sign(
        f"the text has {tokens:,} tokens and is read {e.passes():.0f} "
        f"times, by a model with {numbers:.0f} numbers for each of them"
    )


def still_improving(e: Evidence) -> bool:
    """Whether a run has ended, and was never better on held-out text."""
    bits = [bits for _, bits in e.glances]
    return e.ended and bits[-1] == min(bits)


def tokenizer_unfit(e: Evidence) -> Sign | None:
    """Look for a tokenizer that cuts this text into too small pieces."""
    name, tokenizer = e.run.recipe.data.tokenizer, e.run.tokenizer
    if name == "train":
        return None
    ids = e.run.train.ids[:JUDGED_BYTES]
    data = tokenizer.decode_bytes(ids.tolist())[:JUDGED_BYTES]
    text = data.decode(errors="ignore")
    here = len(data) / len(tokenizer.encode_to_array(text))
    if name == "bytes":
        best, what = len(data) / len(text), "characters are"
        size = 2048
    else:
        size = tokenizer.vocab_size
        made = Tokenizer.train([text], size)
        best = len(data) / len(made.encode_to_array(text))
        what = "a vocabulary as large, made for this text, would be"
    if best < UNFIT * here:
        return None
    return Sign(
        f"a token is {here:.2f} bytes long here; {what} {best:.2f}",
        {"vocab_size": size},
    )


def vocabulary_too_large(e: Evidence) -> Sign | None:
    """Look for tokens that the training text never uses."""
    size = e.run.tokenizer.vocab_size
    used = np.unique(e.run.train.ids)
    merged = (
        size - BYTE_IDS - len(e.run.tokenizer.vocabulary.special_tokens)
    )
    unused = merged - int((used >= BYTE_IDS).sum())
    if merged <= 0 or unused < UNUSED * merged:
        return None
    return Sign(
        f"{unused:,} of its {size:,} tokens are not in the training text "
        "at all",
        {"vocab_size": max(512, (len(used) + BYTE_IDS) // 256 * 256)},
    )


def context_too_long(e: Evidence) -> Sign | None:
    """Look for documents that fill only a small part of the context."""
    context = e.run.recipe.model.context
    lengths = np.diff([*e.run.train.starts, len(e.run.train.ids)])
    usual = int(np.median(lengths))
    if len(lengths) < FEW_DOCUMENTS or 2 * usual >= context:
        return None
    fitting = max(8, 1 << usual.bit_length())
    training = e.run.recipe.training
    return Sign(
        f"half of the {len(lengths):,} documents are at most {usual} "
        f"tokens long, the context is {context}",
        {
            "context": fitting,
            "batch_size": training.batch_size * context // fitting,
        },
    )
