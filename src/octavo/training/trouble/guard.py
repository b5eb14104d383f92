"""The guard beside the loop: what to do about a number that is none."""

from bisect import bisect_right
from typing import Any

from octavo.foundation import UserError
from octavo.foundation.text import printable
from octavo.training.batches import Batches
from octavo.training.checkpoints import State
from octavo.training.metrics import Metrics
from octavo.training.run import Run
from octavo.training.steps import NonFiniteError
from octavo.training.trouble.finding import diagnose, first_bad
from octavo.training.trouble.report import REPORT, write_report

MOST_LEFT_OUT = 10  # in a row; after that, it is not the batches
MOST_CHARACTERS = 400  # of a window, in the report


class Guard:
    """Records incidents; lets training go on, or ends it in words."""

    def __init__(
        self, run: Run, batches: Batches, metrics: Metrics
    ) -> None:
        self.run, self.batches, self.metrics = run, batches, metrics
        write_report(metrics, run.recipe)  # without what was forgotten

    def refused(self, state: State, error: NonFiniteError) -> None:
        """Deal with a step that was not taken.

        With `on_nan = "skip"` its batch is left out, unless the weights are
        bad themselves, or it happens again and again. Otherwise raises
        UserError.
        """
        incident = self._describe(state, state.step)
        may_skip = (
            self.run.recipe.training.on_nan == "skip"
            and incident["found_in"] != "weights"
            and self._in_a_row() < MOST_LEFT_OUT
        )
        what = {"what": error.what, "value": str(error.value)}
        self._record(state.step + 1, what | incident, left_out=may_skip)
        state.step += 1

    def require_numbers(self, state: State) -> None:
        """Raise UserError if the last step left weights that are none."""
        if not first_bad(state.model.named_parameters()):
            return
        incident = self._describe(state, max(0, state.step - 1))
        what = {"what": "weights", "value": "nan"}
        self._record(state.step, what | incident, left_out=False)

    def _describe(self, state: State, step: int) -> dict[str, Any]:
        """Find out where a batch went wrong, and what it reads."""
        run = self.run
        finding = diagnose(state.model, *self.batches.at(step))
        token = self.batches.starts(step)[finding.window]
        document = bisect_right(run.train.starts, token) - 1
        window = run.train.ids[token : token + self.batches.context]
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
            what, value = incident["what"], incident["value"]
            where = incident["layer"]
            began = f", first in {where}" if where else ""
            raise UserError(
                f"the {what} became {value} at step {step}{began}: "
                f"{self.run.folder / REPORT} says what to do"
            )

    def _in_a_row(self) -> int:
        """Return how many batches in a row were left out just now."""
        count = 0
        for row in reversed(self.metrics.rows):
            if "loss" in row:
                break
            count += "non_finite" in row
        return count
