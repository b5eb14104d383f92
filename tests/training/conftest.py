"""A tiny text and a tiny recipe, for runs that take a moment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from octavo.model import ModelConfig
from octavo.training import (
    DataRecipe,
    Recipe,
    Run,
    TrainingRecipe,
    Watcher,
    prepare_from_recipe,
    train,
)

STEPS = 24


class Recorder(Watcher):
    """Keeps all that it is told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def noted(self, line: str) -> None:
        self.told.append(("noted", line))

    def working(self, label: str, done: int, total: int) -> None:
        self.told.append(("working", label, done, total))

    def stepped(self, moment) -> None:
        self.told.append(("stepped", moment))

    def glanced(self, step: int, bits_per_byte: float) -> None:
        self.told.append(("glanced", step, bits_per_byte))

    def sampled(self, step: int, num_steps: int, text: str) -> None:
        self.told.append(("sampled", step, num_steps, text))

    def tracked(self, step: int, verdict) -> None:
        self.told.append(("tracked", step, verdict))

    def of(self, kind: str) -> list[tuple[object, ...]]:
        return [row[1:] for row in self.told if row[0] == kind]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="session")
def text_file(tmp_path_factory) -> Path:
    """A nursery rhyme that counts."""
    path = tmp_path_factory.mktemp("texts") / "sheep.txt"
    lines = (f"{n} sheep and {n * 7 % 10} lambs,\n" for n in range(100))
    path.write_text("".join(lines), "utf-8")
    return path


@pytest.fixture(scope="session")
def recipe(text_file) -> Recipe:
    return Recipe(
        data=DataRecipe(corpus=str(text_file), vocab_size=270),
        model=ModelConfig(
            vocab_size=270, context=16, num_layers=1, width=32,
            num_heads=2, num_kv_heads=2, head_width=16, mlp_width=48,
        ),
        training=TrainingRecipe(
            tokens=STEPS * 4 * 16, batch_size=4, seed=3, prompt="7 sheep",
            threads=1,
        ),
    )  # fmt: skip


@pytest.fixture
def new_run(recipe, tmp_path) -> Callable[..., Run]:
    """Make a run of the recipe, under a name."""

    def make(name: str = "run") -> Run:
        return prepare_from_recipe(recipe, tmp_path / name)

    return make


@pytest.fixture(scope="session")
def finished(recipe, tmp_path_factory) -> Run:
    """A run that went to its end, for those who only look."""
    run = prepare_from_recipe(recipe, tmp_path_factory.mktemp("r") / "run")
    assert train(run) is not None
    return run
