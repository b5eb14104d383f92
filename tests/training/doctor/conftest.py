"""Small runs, sound and sick, each made once for all tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from octavo.model import ModelConfig
from octavo.training import (
    DataRecipe,
    Recipe,
    Run,
    TrainingRecipe,
    prepare_from_recipe,
    train,
)
from octavo.training.doctor import Diagnosis, diagnose
from octavo.training.doctor.machine import Machine

from ...verses import verses


@dataclass(frozen=True, kw_only=True)
class Example(Machine):
    """A machine that is the same wherever the tests run.

    It has one core, and lacks nothing.
    """

    cores: int = 1
    memory: int | None = 1 << 40
    free_disk: int | None = 1 << 50
    speed: float = 1e11  # of products, in FLOPs a second
    bfloat16: float = 0.01  # times that, in bfloat16

    def has_fast_bfloat16(self) -> bool:
        return self.bfloat16 > 1

    def products(self, *shape, threads: int, dtype: torch.dtype) -> float:
        times = self.bfloat16 if dtype == torch.bfloat16 else 1.0
        return times * self.speed * min(threads, self.cores)


MACHINE = Example()


@pytest.fixture(scope="session")
def text_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "verses.txt"
    path.write_text(verses(1200), "utf-8")
    return path


@pytest.fixture(scope="session")
def recipe(text_file) -> Recipe:
    """What a sound run is made from: 200 steps of 256 tokens."""
    return Recipe(
        data=DataRecipe(corpus=str(text_file), vocab_size=300),
        model=ModelConfig(
            vocab_size=300, context=32, num_layers=1, width=32,
            num_heads=2, num_kv_heads=2, head_width=16, mlp_width=96,
        ),
        training=TrainingRecipe(tokens=200 * 256, prompt="Corba "),
    )  # fmt: skip


@contextmanager
def steady_clock() -> Iterator[None]:
    """Let every step take a millisecond, whatever the machine does.

    Only late samples are written: the others take half of the time.
    """
    ticks = count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) / 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("octavo.training.loop.time", clock)
        patch.setattr("octavo.training.looks.SAMPLE_AT", (0.6, 0.8, 1.0))
        yield


@pytest.fixture(scope="session")
def prepared(recipe, tmp_path_factory) -> Callable[..., Run]:
    """Prepare a run of the recipe with settings changed."""

    def prepare(*settings: str) -> Run:
        out = tmp_path_factory.mktemp("runs") / "run"
        return prepare_from_recipe(recipe.changed(settings), out)

    return prepare


@pytest.fixture(scope="session")
def trained(prepared) -> Callable[..., Run]:
    """The same, trained to its end; made once for the same settings."""

    @cache
    def make(*settings: str) -> Run:
        run = prepared(*settings)
        with steady_clock():
            assert train(run) is not None
        return run

    return make


def found(diagnosis: Diagnosis) -> list[str]:
    return [finding.symptom.name for finding in diagnosis.findings]


@pytest.fixture(scope="session")
def symptoms() -> Callable[..., list[str]]:
    """Say which rows of the table a run shows, on a machine."""

    def names(run: Run, machine: Machine = MACHINE) -> list[str]:
        return found(diagnose(run.folder, machine))

    return names
