"""TensorBoard's event files: the record of a run, as its page reads it.

They are made from the lines of `metrics.jsonl`, also while these are being
written. A resumed run makes them anew: what a killed one did beyond its
last checkpoint is then in neither.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from octavo.foundation import UserError
from octavo.training.metrics import Metrics, Row
from octavo.training.run import Run

FOLDER = "tensorboard"
SECONDS = 10  # until what is added can be seen
# A key of the record, and the curve that it becomes.
CURVES = {
    "loss": "training/loss",
    "gradient_norm": "training/gradient_norm",
    "held_out_glance": "held_out/glance_bits_per_byte",
    "peak_memory": "training/peak_memory",
}


def require_tensorboard() -> None:
    """Raise UserError unless TensorBoard is installed."""
    if find_spec("tensorboard") is None:
        raise UserError(
            "TensorBoard is not installed: pip install tensorboard"
        )


@contextmanager
def event_files(
    run: Run, metrics: Metrics, wanted: bool = False
) -> Iterator[None]:
    """Keep a run's event files up to date while the block runs.

    They are kept where they are `wanted` or were before. Raises UserError
    where TensorBoard is not installed.
    """
    folder = run.folder / FOLDER
    if not (wanted or folder.is_dir()):
        yield
        return
    events = Events(run)
    try:
        for row in metrics.rows:
            events.add(row)
        metrics.followers.append(events.add)
        yield
    finally:
        events.close()


class Events:
    """The event files of a run, begun anew."""

    def __init__(self, run: Run) -> None:
        recipe = run.recipe
        self.recipe, self.training = recipe, recipe.training
        self.tokens = self.training.batch_size * recipe.model.context
        self.seconds = 0.0  # into the run
        self.began = (run.folder / "recipe.toml").stat().st_mtime
        folder = run.folder / FOLDER
        require_tensorboard()
        for old in folder.glob("events.out.*"):
            old.unlink()
        torch_writer = import_module("torch.utils.tensorboard")
        self.writer = torch_writer.SummaryWriter(folder, flush_secs=SECONDS)

    def add(self, row: Row) -> None:
        """Add a line of the record."""
        step, before = row["step"], self.seconds
        self.seconds = row.get("seconds", before)
        for key, curve in CURVES.items():
            if key in row:
                self._point(curve, row[key], step)
        if share := row.get("learning_rate_share"):
            self._learning_rates(share, step)
        if self.seconds > before:
            speed = self.tokens / (self.seconds - before)
            self._point("training/tokens_per_second", speed, step)
        for name, value in row.get("final", {}).items():
            self._point(f"final/{name}", value, step)
        if "sample" in row:
            text = f"```text\n{row['sample']}\n```"
            self.writer.add_text("sample", text, step, self._now())

    def close(self) -> None:
        """Put everything on the disk."""
        self.writer.close()

    def _learning_rates(self, share: float, step: int) -> None:
        """Add both learning rates."""
        for name in ("matrix_learning_rate", "other_learning_rate"):
            rate = getattr(self.training, name) * share
            self._point(f"training/{name}", rate, step)

    def _point(self, curve: str, value: float, step: int) -> None:
        """Add a point to a curve, at the run's own time."""
        self.writer.add_scalar(curve, value, step, self._now())

    def _now(self) -> float:
        """Return when a line was written, pauses left out."""
        return self.began + self.seconds
