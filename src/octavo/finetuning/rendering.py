"""From a conversation to ids, and which of them are learned.

The form is ChatML, with two of the special tokens that every vocabulary
reserves:

    <|im_start|>user
    Who goes there?<|im_end|>
    <|im_start|>assistant
    A friend.<|im_end|>

Of that a model learns "A friend." and the `<|im_end|>` after it: what to
say, and when to stop. The rest it only reads.

The ids are those that `apply_chat_template` of Hugging Face's tokenizers
gives with the template in the run folder, with one exception. Their
template makes one text of a conversation and then looks for special
tokens in all of it, so that a user who types `<|im_end|>` ends the turn,
and may go on in another's name. Here what people type is only ever text.
"""

from dataclasses import dataclass
from itertools import groupby

from octavo.finetuning.messages import (
    ASSISTANT,
    USER,
    Conversation,
    Message,
    check_turns,
)
from octavo.foundation import UserError
from octavo.tokenizer import Tokenizer

START, END = "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A conversation as a model reads it.

    `trained[i]` says whether `ids[i]` is learned. In training it is the
    target at position i, foretold from the ids before it.
    """

    ids: list[int]
    trained: list[bool]


def render(tokenizer: Tokenizer, conversation: Conversation) -> Rendered:
    """Return the ids of a conversation, and which of them are learned.

    Raises UserError if the vocabulary has no special tokens for turns, or
    the turns are out of order.
    """
    check_turns("conversation", conversation)
    start, end = _marks(tokenizer)
    new_line = tokenizer.encode("\n")
    ids: list[int] = []
    trained: list[bool] = []
    for message in conversation:
        turn, content = _turn(tokenizer, message)
        learned = message.role == ASSISTANT
        ids += [start, *turn, end, *new_line]
        trained += [False] * (1 + len(turn) - content)
        trained += [learned] * (content + 1)
        trained += [False] * len(new_line)
    return Rendered(ids=ids, trained=trained)


def render_prompt(
    tokenizer: Tokenizer, conversation: Conversation
) -> list[int]:
    """Return the ids of a conversation that the assistant is to go on.

    The user has spoken last; the ids end where the answer begins. Raises
    UserError.
    """
    if not conversation or conversation[-1].role != USER:
        raise UserError("a prompt ends with what the user says")
    start, _ = _marks(tokenizer)
    opened = [start, *tokenizer.encode(f"{ASSISTANT}\n")]
    return render(tokenizer, conversation).ids + opened


def runs(
    tokenizer: Tokenizer, rendered: Rendered
) -> list[tuple[str, bool]]:
    """Return a rendered conversation as text, in runs: (text, trained).

    Joined, the texts are the conversation as the model reads it.
    """
    pairs = zip(rendered.ids, rendered.trained, strict=True)
    return [
        (tokenizer.decode([number for number, _ in run]), trained)
        for trained, run in groupby(pairs, key=lambda pair: pair[1])
    ]


def end_of_turn(tokenizer: Tokenizer) -> int:
    """Return the id with which an answer ends. Raises UserError."""
    return _marks(tokenizer)[1]


def _marks(tokenizer: Tokenizer) -> tuple[int, int]:
    """Return the ids of the tokens that begin and end a turn."""
    special = tokenizer.special_tokens
    for name in (START, END):
        if name not in special:
            raise UserError(
                f"this vocabulary has no {name} and cannot chat; train "
                "with one that octavo makes (all but bytes have it)"
            )
    return special[START], special[END]


def _turn(tokenizer: Tokenizer, message: Message) -> tuple[list[int], int]:
    r"""Return the ids between a turn's marks; how many are its content.

    Role and content are encoded as one text, as they stand. If the content
    begins with white space, a token may hold some of that and the line end
    before it ("\n\n"): it counts as the role's.
    """
    head = f"{message.role}\n"
    ids = tokenizer.encode(head + message.content)
    read, tokens = 0, 0
    while read < len(head):  # the head is ASCII: bytes are characters
        read += len(tokenizer.decode_bytes(ids[tokens : tokens + 1]))
        tokens += 1
    return ids, len(ids) - tokens
