"""The plan: a recipe, the rule behind each number, and what to expect."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from octavo.training.recipe import Recipe


@dataclass(frozen=True)
class Fact:
    """A number that was derived or asked for, and the rule behind it."""

    name: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"  {self.name:<14} {self.value}: {self.rule}"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A size to spend the minutes on, and what it would reach."""

    size: str
    parameters: int  # of the blocks
    speed: float  # tokens a second
    tokens: int
    bits_per_byte: float


@dataclass(frozen=True, kw_only=True)
class Times:
    """Where the minutes go, in seconds."""

    starting: float  # reading, vocabulary, probe; the curve at the end
    steps: float
    looks: float  # samples, glances, checkpoints
    judging: float  # the closing evaluation

    @property
    def total(self) -> float:
        """All of it."""
        return self.starting + self.steps + self.looks + self.judging


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done, why, and what it is expected to take and bring."""

    recipe: Recipe
    facts: tuple[Fact, ...]
    candidates: tuple[Candidate, ...] = ()
    # Unknown until steps were taken to measure them.
    times: Times | None = None
    memory: int | None = None  # bytes at the peak, where predictable
    bits_per_byte: float

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name."""
        content = asdict(self)
        if self.times is not None:
            content["times"]["total"] = self.times.total
        return content

    def lines(self) -> Iterator[str]:
        """Yield a line for each number and its rule."""
        yield "The plan, each number with the rule behind it:"
        yield from map(str, self.facts)
