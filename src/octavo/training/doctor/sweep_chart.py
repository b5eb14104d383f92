"""The picture of a sweep: how good each rate is, and how it got there."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from octavo.foundation.drawing import BLUE, FAINT, GOLD, INK, RED, drawing
from octavo.training.chart import bits_per_byte_per_nat, smoothed
from octavo.training.doctor.trials import Sweep, Trial
from octavo.training.run import Run

ROOM_ABOVE = 1.06  # of the first loss: what is worse is off the picture
ROOM_BELOW = 0.08  # of the height


def draw_sweep(run: Run, found: Sweep, path: Path) -> None:
    """Draw the valley of the rates, and beside it every trial's loss."""
    bits_per_nat = bits_per_byte_per_nat(run)
    top = ROOM_ABOVE * bits_per_nat * found.trials[0].losses[0]
    low = found.sound[found.best]
    name = Path(run.recipe.data.corpus).name
    with drawing(path, 9.0, 4.4) as figure:
        valley, curves = figure.subplots(
            1, 2, sharey=True, width_ratios=[1.4, 1]
        )
        valley.set_ylim(low - ROOM_BELOW * (top - low), top)
        _draw_valley(valley, found, top)
        valley.set_title(f"Which learning rate? {name}", parse_math=False)
        per_step = found.tokens / max(len(t.losses) for t in found.trials)
        for trial in found.trials:
            _draw_curve(curves, found, trial, bits_per_nat, per_step)
        curves.set_xlim(left=0)
        curves.set_xlabel("tokens read")
        curves.xaxis.set_major_formatter("{x:,.0f}")
        curves.locator_params("x", nbins=4)
        curves.set_title("How each of them learned", fontsize=11)


def _draw_valley(axes: Axes, found: Sweep, top: float) -> None:
    """Draw bits per byte over the rate, and mark one's own and the best."""
    rates = {t: t * found.matrix_rate for t in found.sound}
    low, high = found.valley
    axes.set_xscale("log", base=2)
    axes.axvspan(
        low * found.matrix_rate / 2**0.25,
        high * found.matrix_rate * 2**0.25,
        color=GOLD,
        alpha=0.13,
        lw=0,
    )
    axes.plot(
        list(rates.values()),
        list(found.sound.values()),
        color=BLUE,
        lw=1.8,
        marker="o",
        ms=5,
    )
    for trial in found.trials:
        if (found.sound.get(trial.times) or np.inf) > top:
            axes.plot(
                trial.times * found.matrix_rate,
                top,
                color=RED,
                marker=7,
                clip_on=False,
            )
    _mark(axes, found)
    every = [trial.times * found.matrix_rate for trial in found.trials]
    axes.set_xticks(every, [f"{rate:.2g}" for rate in every], fontsize=8)
    axes.minorticks_off()
    axes.set_xlabel("learning rate of the matrices")
    axes.set_ylabel("bits per byte on held-out text")


def _mark(axes: Axes, found: Sweep) -> None:
    """Mark the recipe's own rate with a line, the best with a star."""
    best, own = found.best * found.matrix_rate, found.matrix_rate
    axes.axvline(own, color=INK, lw=1, ls=(0, (1, 3)))
    axes.annotate(
        "the recipe's",
        (own, axes.get_ylim()[1]),
        (5, -2),
        textcoords="offset points",
        va="top",
        fontsize=9,
    )
    axes.plot(
        [best], [found.sound[found.best]], color=RED, marker="*", ms=15
    )
    axes.annotate(
        f"{best:.2g}: {found.sound[found.best]:.2f}",
        (best, found.sound[found.best]),
        (0, -16),
        textcoords="offset points",
        color=RED,
        ha="center",
    )


def _draw_curve(
    axes: Axes,
    found: Sweep,
    trial: Trial,
    bits_per_nat: float,
    tokens_per_step: float,
) -> None:
    """Draw one trial's loss; the best one's and one's own stand out."""
    points = smoothed(list(enumerate(trial.losses)))
    color, width, order = FAINT, 0.8, 1
    if trial.times == 1:
        color, width, order = INK, 1.4, 2
    if trial.times == found.best:
        color, width, order = RED, 1.8, 3
    axes.plot(
        [step * tokens_per_step for step, _ in points],
        [loss * bits_per_nat for _, loss in points],
        color=color,
        lw=width,
        zorder=order,
    )
