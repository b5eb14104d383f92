"""The process in which a chapter's snippets run, one after the other.

Takes them as JSON; prints a line of JSON for each: what it printed, and
the values that the book names. Each solution begins where the chapter ends.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from typing import Any


def main() -> None:
    """Run the snippets that come in."""
    asked = json.load(sys.stdin)
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        exec(asked["before"], names)  # noqa: S102
    start, part = dict(names), ""
    for snippet in asked["snippets"]:
        if snippet["part"] != part:
            part = snippet["part"]
            names.clear()
            names.update(start)
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                exec(snippet["code"], names)  # noqa: S102
            answer: dict[str, Any] = {
                "output": printed.getvalue().rstrip(),
                "values": {
                    field: as_json(names[field])
                    for field in snippet["fields"]
                },
            }
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
        if "error" in answer:
            break


def as_json(value: Any) -> Any:
    """Return a value as JSON has it, numbers to six figures.

    >>> as_json((0.1 + 0.2, 3))
    [0.3, 3]
    """
    if hasattr(value, "tolist"):  # a tensor, an array
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
