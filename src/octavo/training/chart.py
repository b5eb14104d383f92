"""The picture of a run: loss as it falls, and what the model wrote then."""

import math
import textwrap
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from octavo.evaluation import stretches
from octavo.foundation.drawing import BLUE, FAINT, GOLD, RED, drawing
from octavo.foundation.text import printable
from octavo.training.metrics import Metrics
from octavo.training.run import Run

Points = list[tuple[int, float]]
Sample = tuple[int, str]
EXCERPTS = (0.0, 0.12, 1.0)  # where, of the run, samples are shown from
EXCERPT_LINES, EXCERPT_WIDTH = 12, 36
DOTTED = (0, (1, 3))
MOST_POINTS = 2000  # of a line: more than a printed page can show


def draw_run(run: Run, path: Path) -> None:
    """Draw a run's loss, its learning rate and its samples.

    The loss is in bits per byte, or as the recipe's `measure` says. The
    samples are three, their moments marked on the curve above them.
    """
    metrics = Metrics.read(run.folder)
    excerpts = choose_excerpts(metrics.of("sample"))
    with drawing(path, 9.0, 7.0) as figure:
        rows: list[Any] = [["curve"] * 3, ["rate"] * 3, list(range(3))]
        axes = figure.subplot_mosaic(rows, height_ratios=[2.2, 0.3, 1])
        axes["rate"].sharex(axes["curve"])
        _draw_curve(axes["curve"], run, metrics)
        _draw_rate(axes["rate"], metrics)
        for place in range(3):
            axes[place].axis("off")
        for place, (step, text) in enumerate(excerpts):
            letter = "abc"[place]
            _mark(axes["curve"], step, letter)
            axes["rate"].axvline(step, color=FAINT, lw=1, ls=DOTTED)
            _draw_excerpt(axes[place], letter, step, text)


def choose_excerpts(samples: list[Sample]) -> list[Sample]:
    """Return the samples nearest to three moments of a run, each once."""
    last = samples[-1][0] if samples else 0
    chosen = [
        min(samples, key=lambda sample: abs(sample[0] - share * last))
        for share in EXCERPTS
        if samples
    ]
    return list(dict.fromkeys(chosen))


def _draw_curve(axes: Axes, run: Run, metrics: Metrics) -> None:
    """Draw the loss of training, beside what the held-out text says."""
    measure = run.recipe.measure
    bits = 1.0 if measure else bits_per_byte_per_nat(run)
    losses = [
        (step, loss * bits)
        for step, loss in metrics.of("loss")
        if math.isfinite(loss)
    ]
    axes.plot(*_columns(thinned(losses)), color=FAINT, lw=0.5, alpha=0.5)
    axes.plot(
        *_columns(thinned(smoothed(losses))),
        color=BLUE,
        lw=1.8,
        label=measure or "training text",
        marker="o" if len(losses) == 1 else "",
    )
    _draw_held_out(axes, metrics)
    if lost := metrics.of("non_finite"):
        axes.plot(
            [step for step, _ in lost],
            [0.02] * len(lost),
            transform=axes.get_xaxis_transform(),
            color=RED,
            lw=0,
            marker="x",
            label="no number: not learned from",
        )
    last = max([1, *(row["step"] for row in metrics.rows)])
    axes.set_xlim(0, 1.03 * last)
    whose = "held-out text: " if measure else ""
    axes.set_ylabel(f"{whose}bits per byte")
    axes.tick_params(labelbottom=False)
    name = Path(run.recipe.data.corpus).name
    axes.set_title(f"Learning to foretell: {name}", parse_math=False)
    axes.legend(frameon=False, loc="upper center")


def _draw_held_out(axes: Axes, metrics: Metrics) -> None:
    """Draw what the held-out text says: glances, and the closing score."""
    if glances := metrics.of("held_out_glance"):
        axes.plot(
            *_columns(glances),
            color=RED,
            lw=1.8,
            marker="o",
            ms=4,
            label="held-out text, a small part of it",
        )
    for step, score in metrics.of("final"):
        value = score["bits_per_byte"]
        axes.plot(
            [step],
            [value],
            color=RED,
            lw=0,
            marker="*",
            ms=13,
            clip_on=False,
            label=f"all of the held-out text: {value:.2f}",
        )


def _draw_rate(axes: Axes, metrics: Metrics) -> None:
    """Draw the learning rate below it: the share of its full height."""
    steps, shares = _columns(thinned(metrics.of("learning_rate_share")))
    axes.fill_between(steps, shares, color=GOLD, alpha=0.25, lw=0)
    axes.plot(steps, shares, color=GOLD, lw=1.2)
    axes.set_ylim(0, 1.15)
    axes.set_yticks([0, 1], ["0", "full"])
    axes.set_ylabel("learning\nrate", fontsize=9)
    axes.xaxis.set_major_locator(
        MaxNLocator(steps=[1, 2, 5, 10], integer=True)
    )
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("step")


def _mark(axes: Axes, step: int, letter: str) -> None:
    """Mark the moment of a sample by a letter on a dotted line."""
    axes.axvline(step, color=FAINT, lw=1, ls=DOTTED)
    above = axes.get_xaxis_transform()
    axes.text(
        step, 1.0, f" {letter}", transform=above, color=FAINT, va="top"
    )


def _draw_excerpt(axes: Axes, letter: str, step: int, text: str) -> None:
    """Write the beginning of a sample under its step, line by line.

    Long lines go on indented, as verse is printed.
    """
    lines = [
        part
        for line in printable(text).strip().splitlines()
        for part in textwrap.wrap(
            line, EXCERPT_WIDTH, subsequent_indent="    "
        )
        or [""]
    ]
    steps = f"{step:,} step{'s' * (step != 1)}"
    axes.set_title(f"{letter}  after {steps}", fontsize=10)
    for number, line in enumerate(lines[:EXCERPT_LINES]):
        axes.text(
            0.0,
            1 - (number + 0.8) / (EXCERPT_LINES + 1),
            line,
            family="DejaVu Sans Mono",
            fontsize=7.5,
            parse_math=False,
        )


def bits_per_byte_per_nat(run: Run) -> float:
    """Return what turns nats per token into bits per byte, in training."""
    cut, num_bytes = stretches(run.train, run.tokenizer)
    tokens = sum(len(stretch) - 1 for stretch in cut)
    return tokens / num_bytes / math.log(2)


def smoothed(points: Points) -> Points:
    """Return means over up to a fortieth of the points on each side.

    >>> smoothed([(1, 4.0), (2, 2.0)])
    [(1, 4.0), (2, 2.0)]
    """
    values = [value for _, value in points]
    sums = list(accumulate(values, initial=0.0))
    out = []
    for place, (step, _) in enumerate(points):
        # As many before as after: where it falls fast, it must not lag.
        side = min(len(points) // 40, place)
        first, end = place - side, min(place + side + 1, len(points))
        out.append((step, (sums[end] - sums[first]) / (end - first)))
    return out


def thinned(points: Points, most: int = MOST_POINTS) -> Points:
    """Return the lowest and the highest of each few points, in their order.

    A line through them looks as the line through all does.

    >>> thinned([(1, 2.0), (2, 9.0), (3, 4.0), (4, 5.0), (5, 1.0)], 4)
    [(1, 2.0), (2, 9.0), (4, 5.0), (5, 1.0)]
    """
    if len(points) <= most:
        return points
    few = math.ceil(2 * len(points) / most)
    out: Points = []
    for start in range(0, len(points), few):
        part = points[start : start + few]
        extremes = {min(part, key=_height), max(part, key=_height)}
        out.extend(sorted(extremes))
    return out


def _height(point: tuple[int, float]) -> float:
    return point[1]


def _columns(points: Points) -> tuple[list[int], list[float]]:
    """Return the steps and the values of points."""
    return [step for step, _ in points], [value for _, value in points]
