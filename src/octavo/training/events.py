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
from octavo.foundation.files import writing
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
    where TensorBoard is not installed, or the disk is full.
    """
    folder = run.folder / FOLDER
    if not (wanted or folder.is_dir()):
        yield
        return
    events = Events(run)
    add = writing(folder)(events.add)
    try:
        for row in metrics.rows:
            add(row)
        metrics.followers.append(add)
        yield
    finally:
        with writing(folder):
            events.close()


class Events:
    """The event files of a run, begun anew."""

    def __init__(self, run: Run) -> None:
        self.training = run.recipe.training
        self.tokens = self.training.batch_size * run.recipe.model.context
        self.seconds = 0.0  # into the run
        self.began = (run.folder / "recipe.toml").stat().st_mtime
        folder = run.folder / FOLDER
        require_tensorboard()
        for old in folder.glob("events.out.*"):
            old.unlink()
        torch_writer = import_module("torch.utils.tensorboard")
        self.writer = torch_writer.SummaryWriter(folder, flush_secs=SECONDS)
        messages = import_module("tensorboard.compat.proto.summary_pb2")
        self.summary = messages.Summary

    def add(self, row: Row) -> None:
        """Add a line of the record, at the time of the run itself."""
        points = dict(self._points(row))
        self.seconds = row.get("seconds", self.seconds)
        step, time = row["step"], self.began + self.seconds
        values = [
            self.summary.Value(tag=curve, simple_value=value)
            for curve, value in points.items()
        ]
        if values:
            summary = self.summary(value=values)
            self.writer.file_writer.add_summary(summary, step, time)
        if "sample" in row:
            text = f"```text\n{row['sample']}\n```"
            self.writer.add_text("sample", text, step, time)

    def _points(self, row: Row) -> Iterator[tuple[str, float]]:
        """Yield the curves that a line adds to, each with its value."""
        for key, curve in CURVES.items():
            if key in row:
                yield curve, row[key]
        if "learning_rate_share" in row:
            for name in ("matrix_learning_rate", "other_learning_rate"):
                full = getattr(self.training, name)
                yield f"training/{name}", full * row["learning_rate_share"]
        seconds = row.get("seconds", self.seconds) - self.seconds
        if seconds > 0:
            yield "training/tokens_per_second", self.tokens / seconds
        for name, value in row.get("final", {}).items():
            yield f"final/{name}", value

    def close(self) -> None:
        """Put everything on the disk."""
        self.writer.close()
