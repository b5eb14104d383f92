"""The guard beside the loop: what to do about a number that is none."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from octavo.foundation import UserError
from octavo.foundation.text import printable, quoted
from octavo.training.batches import Batches
from octavo.training.checkpoints import State
from octavo.training.metrics import Metrics
from octavo.training.run import Run
from octavo.training.steps import NonFiniteError
from octavo.training.trouble.finding import diagnose, first_bad, largest
from octavo.training.trouble.report import (
    REPORT,
    write_report,
)

MOST_LEFT_OUT = 10  # in a row; after that, it is not the batches
MOST_CHARACTERS = 400  # of a window, in the report
# What is known of a batch that is not of the training text.
ELSEWHERE = {
    "found_in": "nowhere",
    "layer": "",
    "peaks": (),
    "token": 0,
    "document": "what it was taught",
    "text": "",
}


class Guard:
    """Records incidents; lets training go on, or ends it in words."""

    def __init__(
        self,
        run: Run,
        lessons: object,
        metrics: Metrics,
        save: Callable[[], None],
    ) -> None:
        self.run, self.lessons, self.metrics = run, lessons, metrics
        self.save = save
        write_report(metrics, run.recipe)  # without what was forgotten

    def refused(self, state: State, error: NonFiniteError) -> None:
        """Deal with a step that was not taken.

        With `on_nan = "skip"` its batch is left out, unless the weights are
        bad themselves, or it happens again and again. Otherwise raises
        UserError, once the state before it is saved: nothing moved.
        """
        self.require_numbers(state)
        incident = self._describe(state, state.step)
        skips = self.run.recipe.training.on_nan == "skip"
        may_skip = skips and self._in_a_row() < MOST_LEFT_OUT
        if state.step and not may_skip:
            self.save()  # before the record knows of it
        what = {"what": error.what, "value": str(error.value)}
        self._record(state.step + 1, what | incident, left_out=may_skip)
        state.step += 1

    def require_numbers(self, state: State) -> None:
        """Raise UserError if the last step left weights that are none."""
        bad = first_bad(state.model.named_parameters())
        if not bad:
            return
        incident = self._describe(state, max(0, state.step - 1))
        value = largest(state.model.get_parameter(bad))
        what = {"what": "weights", "value": str(value)}
        self._record(state.step, what | incident, left_out=False)

    def _describe(self, state: State, step: int) -> dict[str, Any]:
        """Find out where a batch went wrong, and what it reads."""
        run, batches = self.run, self.lessons
        if not isinstance(batches, Batches):
            return ELSEWHERE
        parts = run.recipe.training.accumulate
        finding = diagnose(state.model, *batches.at(step), parts)
        token = batches.starts(step)[finding.window]
        document = bisect_right(run.train.starts, token) - 1
        window = run.train.ids[token : token + batches.context]
        text = printable(run.tokenizer.decode(window.tolist()))
        return {
            "found_in": finding.found_in,
            "layer": finding.layer,
            "peaks": finding.peaks,
            "token": token,
            "document": run.train.names[document],
            "text": text[:MOST_CHARACTERS],
        }

    def _record(
        self, step: int, incident: dict[str, Any], left_out: bool
    ) -> None:
        """Write record and report; raise UserError unless left out."""
        incident["left_out"] = left_out
        self.metrics.add(step=step, non_finite=incident)
        write_report(self.metrics, self.run.recipe)
        if not left_out:
            raise UserError(self._in_a_line(step, incident))

    def _in_a_line(self, step: int, incident: dict[str, Any]) -> str:
        """Say what happened, and how to go on."""
        what, value = incident["what"], incident["value"]
        began = (
            f", first in {incident['layer']}" if incident["layer"] else ""
        )
        folder = self.run.folder
        line = (
            f"the {what} became {value} at step {step}{began}: "
            f"{folder / REPORT} says what to do"
        )
        if incident["found_in"] == "weights":
            return line
        return (
            f"{line}; all before it is saved, and octavo train --resume "
            f"{quoted(folder)} tries it again, or, with --on-nan skip, "
            "goes on without that batch"
        )

    def _in_a_row(self) -> int:
        """Return how many batches in a row were left out just now."""
        count = 0
        for row in reversed(self.metrics.rows):
            if "loss" in row:
                break
            count += "non_finite" in row
        return count
