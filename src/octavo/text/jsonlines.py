"""JSON Lines: one value a line, and errors that name the line.

Both the user's corpora and the user's conversations come like this.
"""

import json
from collections.abc import Iterator
from typing import Any

from octavo.foundation import UserError


def json_objects(
    path: object, text: str, example: str
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield (line number, where, object) for lines that are not blank.

    `where` begins an error for people: "a.jsonl, line 3". `example` shows
    in one what an object should look like. Raises UserError for a line
    that is no JSON, or no object.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number:,}"
            yield number, where, _object(where, line, example)


def whole_string(where: str, value: object) -> str:
    """Return a value that is a string of whole characters.

    Raises UserError, begun with `where`, for any other value.
    """
    if not isinstance(value, str):
        raise UserError(f"{where} is {json_kind(value)}, not a string")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where} has half a character (a lone surrogate) at character "
            f"{error.start:,}"
        ) from None
    return value


def json_kind(value: object) -> str:
    """Name the kind of a JSON value, for people."""
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def _object(where: str, line: str, example: str) -> dict[str, Any]:
    """Return the object that a line holds."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", str(error))
        raise UserError(f"{where}: not JSON ({reason})") from None
    if not isinstance(found, dict):
        raise UserError(
            f"{where}: a JSON object is expected, as {example}; this is "
            f"{json_kind(found)}"
        )
    return found
