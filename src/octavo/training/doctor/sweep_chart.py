"""The picture of a sweep: how good each rate is, and how it got there."""

import math
from functools import partial
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.markers import CARETUP

from octavo.foundation.drawing import BLUE, GOLD, INK, RED, drawing
from octavo.training.chart import bits_per_byte_per_nat, smoothed
from octavo.training.doctor.trials import Sweep, Trial
from octavo.training.run import Run

ROOM_ABOVE = 1.06  # of a blind guess: what is worse is off the picture
LAST = 3  # losses, where a trial's curve ends
ROOM_BELOW = 0.08  # of the height
MARGIN = 2**0.25  # around the rates that are as good as the best


def draw_sweep(run: Run, found: Sweep, path: Path) -> None:
    """Draw the valley of the rates, and beside it every trial's loss."""
    bits_per_nat = bits_per_byte_per_nat(run)
    blind_guess = bits_per_nat * math.log(run.recipe.model.vocab_size)
    top = ROOM_ABOVE * blind_guess
    ends = [fmean(t.losses[-LAST:]) for t in found.trials if t.losses]
    low = min(found.sound[found.best], bits_per_nat * min(ends))
    name = Path(run.recipe.data.corpus).name
    with drawing(path, 9.0, 4.4) as figure:
        valley, curves = figure.subplots(
            1, 2, sharey=True, width_ratios=[1.4, 1]
        )
        valley.set_ylim(low - ROOM_BELOW * (top - low), top)
        _draw_valley(valley, found, top)
        valley.set_title(f"Which learning rate? {name}", parse_math=False)
        for trial in found.trials:
            _draw_curve(curves, found, trial, bits_per_nat)
        _label(curves)


def _label(axes: Axes) -> None:
    """Say what the trials' curves are, and which color is which."""
    axes.set_xlim(left=0)
    axes.set_xlabel("tokens read")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params("x", nbins=4)
    axes.set_title("How each of them learned", fontsize=11)
    for word, color in (
        ("too low", BLUE), ("best", RED), ("too high", GOLD)
    ):  # fmt: skip
        axes.plot([], color=color, label=word)
    axes.legend(frameon=False, labelcolor="linecolor", handlelength=0)


def _draw_valley(axes: Axes, found: Sweep, top: float) -> None:
    """Draw bits per byte over the rate, and mark one's own and the best."""
    axes.set_xscale("log", base=2)
    low, high = (times * found.matrix_rate for times in found.valley)
    axes.axvspan(
        low / MARGIN, high * MARGIN, color=RED, alpha=0.07, lw=0, zorder=0
    )
    for color, side in (
        (BLUE, [t for t in found.sound if t <= found.best]),
        (GOLD, [t for t in found.sound if t >= found.best]),
    ):
        axes.plot(
            [times * found.matrix_rate for times in side],
            [found.sound[times] for times in side],
            color=color,
            lw=1.8,
            marker="o",
            ms=5,
        )
    for trial in found.trials:
        if trial.bits_per_byte is None or trial.bits_per_byte > top:
            place = trial.times * found.matrix_rate, top
            axes.plot(*place, color=GOLD, marker=CARETUP, clip_on=False)
    _mark(axes, found)
    every = [trial.times * found.matrix_rate for trial in found.trials]
    axes.set_xticks(every, [f"{rate:.2g}" for rate in every], fontsize=8)
    axes.minorticks_off()
    axes.set_xlabel("learning rate of the matrices")
    axes.set_ylabel("bits per byte on held-out text")


def _mark(axes: Axes, found: Sweep) -> None:
    """Mark the recipe's own rate with a line, the best with a star."""
    best, own = found.best * found.matrix_rate, found.matrix_rate
    axes.axvline(own, color=INK, lw=1, ls=(0, (1, 3)), zorder=1)
    note = partial(axes.annotate, textcoords="offset points", fontsize=9.5)
    top = axes.get_ylim()[1]
    note("the recipe's", (own, top), (5, -11))
    if found.own_is != "right":
        advised = found.advised * own
        axes.axvline(advised, color=RED, lw=1, ls=(0, (1, 3)), zorder=1)
        note("to try", (advised, top), (5, -25), color=RED)
    if own != best and 1.0 in found.sound:
        axes.plot([own], [found.sound[1.0]], color=INK, marker="o", ms=7)
    bits = found.sound[found.best]
    axes.plot([best], [bits], color=RED, marker="*", ms=15)
    left = (
        best >= found.trials[-1].times * own / 2
    )  # there is no room right
    note(
        f"{best:.2g}: {bits:.2f}",
        (best, bits),
        (-8 if left else 8, -13),
        ha="right" if left else "left",
        color=RED,
    )


def _draw_curve(
    axes: Axes, found: Sweep, trial: Trial, bits_per_nat: float
) -> None:
    """Draw one trial's loss; the best one's and one's own stand out."""
    steps = max(len(trial.losses) for trial in found.trials)
    points = smoothed(list(enumerate(trial.losses)))
    color = BLUE if trial.times < found.best else GOLD
    width, order = 0.8, 1
    if trial.times == 1:
        color, width, order = INK, 1.4, 2
    if trial.times == found.best:
        color, width, order = RED, 1.8, 3
    axes.plot(
        [step * found.tokens / steps for step, _ in points],
        [loss * bits_per_nat for _, loss in points],
        color=color,
        lw=width,
        zorder=order,
    )
