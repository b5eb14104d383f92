"""The picture of a sweep: how good each rate is, and how it got there."""

from pathlib import Path

from matplotlib.axes import Axes

from octavo.foundation.drawing import BLUE, FAINT, GOLD, INK, RED, drawing
from octavo.training.chart import bits_per_byte_per_nat, smoothed
from octavo.training.doctor.sweep import Sweep, Trial
from octavo.training.run import Run

ROOM_ABOVE = 1.08  # of a blind guess: what is worse goes off the picture


def draw_sweep(run: Run, found: Sweep, path: Path) -> None:
    """Draw the valley of the rates, and beside it every trial's loss."""
    bits_per_nat = bits_per_byte_per_nat(run)
    top = ROOM_ABOVE * bits_per_nat * blind_guess(found)
    with drawing(path, 9.0, 4.6) as figure:
        valley, curves = figure.subplots(
            1, 2, sharey=True, width_ratios=[1.35, 1]
        )
        _draw_valley(valley, found, top)
        _draw_curves(curves, found, bits_per_nat)
        name = Path(run.recipe.data.corpus).name
        valley.set_title(f"Which learning rate? {name}", parse_math=False)


def blind_guess(found: Sweep) -> float:
    """Return the loss that every trial begins with, about ln V."""
    return max(trial.losses[0] for trial in found.trials)
