"""Signs in the text and its tokens: before the first step as well."""

import numpy as np

from octavo.tokenizer import Tokenizer
from octavo.tokenizer.measures import bytes_per_token
from octavo.training.doctor.evidence import Evidence, Sign

# Under that many passes, or with fewer numbers to a token of text, a model
# without dropout has not learned small texts by heart (LOG.md).
MANY_PASSES, MANY_NUMBERS = 10, 5
# Of the bytes to a token here, those with a vocabulary made for the text.
UNFIT = 1.3
UNUSED = 0.5  # of the vocabulary beyond the single bytes
JUDGED = 2_000_000  # characters of the text, to judge a tokenizer by
USUAL_SIZE = 2048  # of a new vocabulary, at least
BYTE_IDS, SMALLEST = 256, 320  # ids
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
    return e.ended and bits[-1:] == [min(bits, default=0.0)]


def tokenizer_unfit(e: Evidence) -> Sign | None:
    """Look for a tokenizer that cuts this text into too small pieces."""
    name, tokenizer = e.run.recipe.data.tokenizer, e.run.tokenizer
    if name == "train":
        return None
    data = tokenizer.decode_bytes(e.run.train.ids[:JUDGED].tolist())
    text = data.decode(errors="ignore")[:JUDGED]
    here = bytes_per_token(tokenizer, [text])
    size = max(USUAL_SIZE, tokenizer.vocab_size)
    made = Tokenizer.train([text], size)
    if made.vocab_size < size:  # all that a text so small can give
        size = made.vocab_size * 9 // 10
    if name == "bytes":
        best, what = len(text.encode()) / len(text), "its characters are"
    else:
        best = bytes_per_token(made, [text])
        what = "made for this text, it would be"
    if best < UNFIT * here:
        return None
    return Sign(
        f"a token is {here:.2f} bytes of this text long; {what} {best:.2f}",
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
        {"vocab_size": max(SMALLEST, len(used) // 64 * 64)},
    )


def context_too_long(e: Evidence) -> Sign | None:
    """Look for documents that fill only a small part of the context."""
    context = e.run.recipe.model.context
    lengths = np.diff([*e.run.train.starts, len(e.run.train.ids)])
    usual = int(np.median(lengths))
    if len(lengths) < FEW_DOCUMENTS or 2 * usual >= context:
        return None
    fitting = max(8, 1 << usual.bit_length())
    return Sign(
        f"half of the {len(lengths):,} documents are at most {usual} "
        f"tokens long, the context is {context}",
        {
            "context": fitting,
            "batch_size": e.batch_size_for(e.tokens_per_step, fitting),
        },
    )
