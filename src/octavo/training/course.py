"""A course: what a run is taught, and what it writes when looked at."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from octavo.model import Transformer
from octavo.training.batches import Batches
from octavo.training.checkpoints import State
from octavo.training.run import Run
from octavo.training.samples import write_sample
from octavo.training.steps import begin
from octavo.training.track import Track


class Lessons(Protocol):
    """What a run reads: a batch for each step, decided by the step."""

    tokens_per_step: int

    def at(self, step: int) -> tuple[Any, ...]:
        """Return what the backend's `loss` takes."""


class Course(NamedTuple):
    """What is taught, and the state before the first step."""

    state: State
    lessons: Lessons
    sample: Callable[[Transformer], str]
    track: Track | None = None  # that the losses are held against


def from_text(run: Run) -> Course:
    """Return the course of a new model through a run's text."""
    recipe = run.recipe.training

    def sample(model: Transformer) -> str:
        return write_sample(
            model, run.tokenizer, recipe.prompt, recipe.seed
        )

    batches = Batches.of(run.recipe, run.train)
    return Course(begin(run.recipe), batches, sample, Track.of(run))
