"""Examples to fine-tune on, made from the works themselves."""

from octavo.finetuning.examples.build import (
    Example,
    Examples,
    Question,
    build_examples,
    examples_named,
)
from octavo.finetuning.examples.files import (
    is_right,
    read_questions,
    write_examples,
)

__all__ = [
    "Example",
    "Examples",
    "Question",
    "build_examples",
    "examples_named",
    "is_right",
    "read_questions",
    "write_examples",
]
