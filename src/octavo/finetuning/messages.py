"""Conversations, and the file that they are kept in.

The file is JSON Lines, a conversation a line, as fine-tuning tools have
come to agree on:

    {"messages": [{"role": "user", "content": "Who goes there?"},
                  {"role": "assistant", "content": "A friend."}]}

(on one line). A message of the role "system" may come first; after it the
user and the assistant take turns, and the assistant has the last word,
for it is the assistant's words that are learned.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from octavo.foundation import UserError, check_known, did_you_mean
from octavo.foundation.files import write_text
from octavo.text.jsonlines import json_kind, json_objects, whole_string
from octavo.text.reading import file_text

SYSTEM, USER, ASSISTANT = ROLES = ("system", "user", "assistant")
LARGEST_FILE = 1 << 28  # bytes
LONGEST_LINE = 1 << 20  # characters
MOST_MESSAGES = 1_000  # of one conversation
EXAMPLE = '{"messages": [{"role": "user", "content": "..."}, ...]}'


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn: who speaks (see ROLES), and what."""

    role: str
    content: str


Conversation = tuple[Message, ...]


def exchange(question: str, answer: str) -> Conversation:
    """Return the shortest conversation: one question, one answer."""
    return (
        Message(role=USER, content=question),
        Message(role=ASSISTANT, content=answer),
    )


def read_conversations(path: Path | str) -> tuple[Conversation, ...]:
    """Read and check a .jsonl file (or .jsonl.gz) of conversations.

    A byte order mark is dropped, Windows line ends become plain ones,
    blank lines are passed over. Raises UserError with the line's number
    for the first thing that is not as it should be.
    """
    path = Path(path)
    text = checked_text(path)
    conversations = [
        _conversation(where, found)
        for _, where, found in json_objects(path, text, EXAMPLE)
    ]
    if not conversations:
        raise UserError(f"{path} is empty: it holds no conversation")
    return tuple(conversations)


def write_conversations(
    path: Path | str, conversations: Iterable[Conversation]
) -> None:
    """Write conversations, one a line, whole or not at all."""
    lines = (
        json.dumps(
            {"messages": [asdict(message) for message in conversation]},
            ensure_ascii=False,
        )
        for conversation in conversations
    )
    write_text(Path(path), "".join(f"{line}\n" for line in lines))


def check_turns(where: str, messages: Conversation) -> None:
    """Raise UserError unless the roles are in order, up to the last.

    The system may come first; then the user and the assistant alternate,
    beginning with the user.
    """
    for number, message in enumerate(messages, start=1):
        turns = number - 1 - (messages[0].role == SYSTEM)
        expected = SYSTEM if turns < 0 else (USER, ASSISTANT)[turns % 2]
        if message.role != expected:
            raise UserError(
                f'{where}: message {number} is by "{message.role}" where '
                f'"{expected}" should speak; user and assistant take '
                'turns, and "system" may only come first'
            )


def checked_text(path: Path) -> str:
    """Return the text of a file that is there and not too large."""
    if not path.is_file():
        raise UserError(f"{path} does not exist, or is no file")
    if path.stat().st_size > LARGEST_FILE:
        raise UserError(
            f"{path} has {path.stat().st_size:,} bytes; at most "
            f"{LARGEST_FILE:,} are read: split it"
        )
    text = file_text(path, Counter())
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            raise UserError(
                f"{path}, line {number:,}: {len(line):,} characters; a "
                f"conversation has at most {LONGEST_LINE:,}, on one line"
            )
    return text


def _conversation(where: str, found: dict[str, Any]) -> Conversation:
    """Return the conversation of one line, or raise UserError."""
    if "messages" not in found:
        hint = did_you_mean("messages", found)
        raise UserError(
            f'{where}: no field "messages"{hint or f", as in {EXAMPLE}"}'
        )
    check_known(f"field ({where})", found, ["messages"])
    given = found["messages"]
    if not isinstance(given, list):
        raise UserError(
            f'{where}: field "messages" is {json_kind(given)}, not a list'
        )
    if not 1 <= len(given) <= MOST_MESSAGES:
        raise UserError(
            f"{where}: {len(given):,} messages; a conversation has from 1 "
            f"to {MOST_MESSAGES:,}"
        )
    messages = tuple(
        _message(f"{where}, message {number}", each)
        for number, each in enumerate(given, start=1)
    )
    check_turns(where, messages)
    if messages[-1].role != ASSISTANT:
        raise UserError(
            f"{where}: the last message is by the {messages[-1].role}; "
            "the assistant must have the last word, for that is learned"
        )
    return messages


def _message(where: str, given: object) -> Message:
    """Return one message, or raise UserError saying what it lacks."""
    if not isinstance(given, dict):
        raise UserError(
            f"{where}: {json_kind(given)}, not an object with role and "
            "content"
        )
    check_known(f"field ({where})", given, ["role", "content"])
    values = {}
    for name in ("role", "content"):
        if name not in given:
            raise UserError(f'{where}: no field "{name}"')
        values[name] = whole_string(
            f'{where}: field "{name}"', given[name]
        ).replace("\r\n", "\n")
    check_known(f"role ({where})", [values["role"]], ROLES)
    if not values["content"].strip():
        raise UserError(f"{where}: the content is empty")
    return Message(role=values["role"], content=values["content"])
