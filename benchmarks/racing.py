"""Octavo and nanoGPT, of one shape, taking training steps in turn."""

import importlib.util
import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training.checkpoints import State
from octavo.training.dial.sizes import model_of
from octavo.training.memory.precision import products_in
from octavo.training.steps import take_step

VOCAB_SIZE = 256
TURN = 0.5  # seconds of steps, at least one
LEAST = 3  # turns
Step = Callable[[Tensor, Tensor], object]


@dataclass(frozen=True)
class Shape:
    """What both models are, and what they read in a step."""

    name: str
    size: str
    context: int
    batch: int

    def recipe(self, precision: str, threads: int) -> Recipe:
        """Return how Octavo trains it."""
        return Recipe(
            data=DataRecipe(corpus="random"),
            model=model_of(self.size, VOCAB_SIZE, self.context),
            training=TrainingRecipe(
                tokens=1,
                batch_size=self.batch,
                threads=threads,
                precision=precision,
            ),
        )

    @property
    def tokens(self) -> int:
        """How many a step reads."""
        return self.batch * self.context

    def operations(self, model: nn.Module) -> int:
        """Return the operations of a step that learning cannot do without.

        6 for each token and number in a matrix that it is multiplied with
        (2 forward, 4 back; a tied head is one, a table of positions none).
        For attention, which needs half of a square, 6 * layers * width *
        context a token. Not Muon's, which are a means.
        """
        config = self.recipe("float32", 1).model
        matrices = sum(
            x.numel()
            for name, x in model.named_parameters()
            if x.dim() == 2 and "wpe" not in name
        )
        attention = config.num_layers * config.width * config.context
        return 6 * self.tokens * (matrices + attention)

    def __str__(self) -> str:
        model = self.recipe("float32", 1).model
        return (
            f"{self.name} is {model.num_layers} layers x {model.width}, "
            f"{self.batch} windows of {self.context}"
        )


SHAPES = {
    "1M": Shape("1M", "tiny", 64, 12),  # as much as nanoGPT's README has
    "10M": Shape("10M", "large", 256, 16),
    "100M": Shape("100M", "huge", 512, 4),
}


class Racer(NamedTuple):
    """A model that takes steps."""

    whose: str
    precision: str
    operations: int  # in a step
    step: Step


def octavo(shape: Shape, state: State) -> Racer:
    """Return Octavo's racer."""

    def step(inputs: Tensor, targets: Tensor) -> None:
        take_step(state, 1.0, inputs, targets)

    precision = state.backend.training.precision
    work = shape.operations(state.model)
    return Racer("Octavo", precision, work, step)


def nano_gpts(shape: Shape, folder: Path, kinds: list[str]) -> list[Racer]:
    """Return nanoGPT's racers: one model, in each precision.

    A step is that of its train.py, with what it sets for Shakespeare.
    """
    with redirect_stdout(io.StringIO()):  # it tells about itself
        model = nano_gpt(shape, folder)
        optimizer = model.configure_optimizers(
            0.1, 1e-3, (0.9, 0.99), "cpu"
        )

    def racer(kind: str) -> Racer:
        def step(inputs: Tensor, targets: Tensor) -> None:
            with products_in(kind, torch.device("cpu")):
                _, loss = model(inputs, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

        return Racer("nanoGPT", kind, shape.operations(model), step)

    return [racer(kind) for kind in kinds]


def nano_gpt(shape: Shape, folder: Path) -> Any:
    """Return nanoGPT's model of a shape."""
    spec = importlib.util.spec_from_file_location(
        "nanogpt_model", folder / "model.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = shape.recipe("float32", 1).model
    return module.GPT(
        module.GPTConfig(
            block_size=config.context,
            vocab_size=config.vocab_size,
            n_layer=config.num_layers,
            n_head=config.num_heads,
            n_embd=config.width,
            dropout=0.0,
            bias=False,
        )
    )


def race(
    racers: list[Racer], batch: tuple[Tensor, Tensor], seconds: float
) -> list[list[float]]:
    """Let racers take turns for some seconds; return each one's steps.

    The first step is not counted: it makes room for all that follow.
    """
    for racer in racers:
        racer.step(*batch)
    times: list[list[float]] = [[] for _ in racers]
    began, turns = time.monotonic(), 0
    while turns < LEAST or time.monotonic() - began < seconds:
        for racer, own in zip(racers, times, strict=True):
            own.extend(turn(racer, batch))
        turns += 1
    return times


def turn(racer: Racer, batch: tuple[Tensor, Tensor]) -> list[float]:
    """Return the seconds of each step in a turn."""
    times: list[float] = []
    while sum(times) < TURN:
        start = time.perf_counter()
        racer.step(*batch)
        times.append(time.perf_counter() - start)
    return times
