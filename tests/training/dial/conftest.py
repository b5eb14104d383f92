"""A small text as a question, a table of our own, a clock that stands."""

from collections.abc import Callable

import pytest

from octavo.text import load_corpus
from octavo.training import Wish
from octavo.training.dial import choose as choose_module
from octavo.training.dial import table
from octavo.training.dial.law import Law
from octavo.training.dial.question import Question
from octavo.training.dial.table import Family, Recorded
from octavo.training.material import Material
from octavo.training.memory import precision

LAW = Law(
    floor=1.0, size=300.0, size_power=0.5,
    data=100.0, data_power=0.5, patience=8.0,
)  # fmt: skip


def recorded(size: str, parameters: int, read: float) -> Recorded:
    curve = tuple(4.0 - 0.1 * part for part in range(20))
    return Recorded(
        size=size, parameters=parameters, read=read, text=1e6,
        bits_per_byte=2.0, tokens=int(read / 2), curve=curve,
    )  # fmt: skip


@pytest.fixture
def family(monkeypatch) -> Family:
    """Make a table with one family for all vocabularies."""
    runs = (
        recorded("tiny", 851_968, 4e5),
        recorded("tiny", 851_968, 4e6),
        recorded("small", 1_916_928, 4e5),
        recorded("medium", 4_259_840, 4e5),
    )
    made = Family(text="verse", hardness=2.0, law=LAW, runs=runs)
    both = {"bpe": made, "bytes": made}
    monkeypatch.setattr(table, "families", lambda: both)
    monkeypatch.setattr(table, "hardness", lambda *_: 2.0)
    return made


@pytest.fixture
def material(finished, text_file) -> Material:
    return Material(
        corpus=load_corpus(str(text_file)),
        tokenizer=finished.tokenizer,
        train=finished.train,
        held_out=finished.held_out,
    )


@pytest.fixture
def ask(material, recipe, family) -> Callable[..., Question]:
    """Ask of the small text; the question was read a second ago."""

    def make(**wish) -> Question:
        return Question(
            wish=Wish(**{"corpus": "c", "context": 16} | wish),
            data=recipe.data, material=material, began=99.0,
        )  # fmt: skip

    return make


@pytest.fixture
def machine(finished, monkeypatch) -> dict[tuple[int, str], float]:
    """Set the speed of the tiny size, by threads and precision.

    A size is as slow as it is large; judging takes a second.
    """
    speeds = {(1, "float32"): 1000.0}
    tiny = {}

    def measure_speed(recipe, batches, seconds):
        number = choose_module.matrix_parameters(recipe.model)
        smallest = tiny.setdefault("number", number)
        way = recipe.training.threads, recipe.training.precision
        return speeds[way] * smallest / number

    monkeypatch.setattr(choose_module, "measure_speed", measure_speed)
    monkeypatch.setattr(
        choose_module, "measure_judging",
        lambda *_: float(len(finished.held_out.ids)),
    )  # fmt: skip
    monkeypatch.setattr(choose_module.time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(
        precision, "has_fast_bfloat16",
        lambda _: any(kind == "bfloat16" for _, kind in speeds),
    )  # fmt: skip
    return speeds
