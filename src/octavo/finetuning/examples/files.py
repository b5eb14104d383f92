"""The folder of examples: train.jsonl and test.jsonl.

The first holds conversations, as any user's file of them does; the second
a question a line, with its kind and the answer (null if it is open).
"""

import json
import re
from dataclasses import asdict
from pathlib import Path

from octavo.finetuning.examples.build import Examples, Question
from octavo.finetuning.messages import checked_text, write_conversations
from octavo.foundation import UserError
from octavo.foundation.files import replacing_folder, write_text
from octavo.text.jsonlines import json_objects, whole_string

TRAIN, TEST = "train.jsonl", "test.jsonl"
SHAPE = '{"kind": "...", "question": "...", "answer": "..."}'


def write_examples(examples: Examples, folder: Path | str) -> None:
    """Write both files into a new folder, whole or not at all."""
    lines = [
        json.dumps(asdict(question), ensure_ascii=False)
        for question in examples.test
    ]
    with replacing_folder(Path(folder)) as new:
        write_conversations(
            new / TRAIN, (example.messages for example in examples.train)
        )
        write_text(new / TEST, "".join(f"{line}\n" for line in lines))


def read_questions(path: Path | str) -> tuple[Question, ...]:
    """Read a file of questions. Raises UserError with the line's number."""
    path = Path(path)
    text = checked_text(path)
    return tuple(
        _question(where, found)
        for _, where, found in json_objects(path, text, SHAPE)
    )


def is_right(question: Question, said: str) -> bool:
    """Tell whether what was said is the answer.

    Capitals, spaces and the stops at the end do not matter. Of a sum only
    the last number counts, whatever the working says. An open question
    has no right answer.
    """
    if question.answer is None:
        return False
    if question.kind == "sum":
        return _numbers(said)[-1:] == _numbers(question.answer)[-1:]
    return _light(said) == _light(question.answer)


def _question(where: str, found: dict[str, object]) -> Question:
    """Return the question of one line, or raise UserError."""
    if set(found) != {"kind", "question", "answer"}:
        raise UserError(f"{where}: these fields are expected: {SHAPE}")
    answer = found["answer"]
    return Question(
        kind=whole_string(f"{where}: kind", found["kind"]),
        question=whole_string(f"{where}: question", found["question"]),
        answer=None
        if answer is None
        else whole_string(f"{where}: answer", answer),
    )


def _light(text: str) -> str:
    """Return a text without what does not matter in an answer."""
    return " ".join(text.split()).rstrip(".,;:!?-").casefold()


def _numbers(text: str) -> list[str]:
    """Return the whole numbers in a text."""
    return re.findall(r"\d+", text)
