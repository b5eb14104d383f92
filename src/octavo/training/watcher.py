"""Whoever looks on while a model is made: a terminal, a test, nobody."""

from dataclasses import dataclass

from octavo.training.dial.plan import Plan
from octavo.training.track import Verdict


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One step, as a watcher sees it."""

    step: int  # how many are done
    num_steps: int
    loss: float  # nats per token, on the step's own batch
    tokens_per_second: float
    seconds_left: float


class Watcher:
    """Somebody who is told everything; this one does not care."""

    def noted(self, line: str) -> None:
        """Be told a fact or a choice, in a line."""

    def planned(self, plan: Plan) -> None:
        """Be told what will be done, each number with its rule."""
        for line in plan.lines():
            self.noted(line)

    def working(self, label: str, done: int, total: int) -> None:
        """Be told how far a piece of work other than training is."""

    def stepped(self, moment: Moment) -> None:
        """Be told of a training step."""

    def glanced(self, step: int, bits_per_byte: float) -> None:
        """Be told bits per byte on a small part of the held-out text."""

    def sampled(self, step: int, num_steps: int, text: str) -> None:
        """Be shown what the model writes at this point."""

    def tracked(self, step: int, verdict: Verdict) -> None:
        """Be told how a run stands beside a recorded one like it."""
