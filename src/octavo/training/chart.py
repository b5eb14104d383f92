"""The picture of a run: loss as it falls, and what the model wrote then."""

import math
import textwrap
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from octavo.evaluation import stretches
from octavo.foundation.drawing import BLUE, FAINT, RED, drawing
from octavo.foundation.text import printable
from octavo.training.metrics import Metrics
from octavo.training.run import Run

Points = list[tuple[int, float]]
Sample = tuple[int, str]
EXCERPTS = (0.0, 0.12, 1.0)  # where, of the run, samples are shown from
EXCERPT_LINES, EXCERPT_WIDTH = 12, 36


def draw_run(run: Run, path: Path) -> None:
    """Draw a run's loss in bits per byte, with three samples below it."""
    metrics = Metrics.read(run.folder)
    excerpts = choose_excerpts(metrics.of("sample"))
    with drawing(path, 9.0, 6.4) as figure:
        places = ["first", "middle", "last"]
        rows: list[Any] = [["curve"] * 3, places]
        axes = figure.subplot_mosaic(rows, height_ratios=[2.2, 1])
        for place, (step, text) in zip(places, excerpts, strict=True):
            axes["curve"].axvline(step, color=FAINT, lw=1, ls=(0, (1, 3)))
            _draw_excerpt(axes[place], step, text)
        _draw_curve(axes["curve"], run, metrics)


def choose_excerpts(samples: list[Sample]) -> list[Sample]:
    """Return the samples nearest to three moments of a run."""
    last = samples[-1][0]
    return [
        min(samples, key=lambda sample: abs(sample[0] - share * last))
        for share in EXCERPTS
    ]


def _draw_curve(axes: Axes, run: Run, metrics: Metrics) -> None:
    """Draw the loss of training, the glances, and the closing score."""
    bits = bits_per_byte_per_nat(run)
    losses = [(step, loss * bits) for step, loss in metrics.of("loss")]
    glances, final = metrics.of("held_out_glance"), metrics.of("final")
    axes.plot(*_columns(losses), color=FAINT, lw=0.5, alpha=0.5)
    axes.plot(
        *_columns(smoothed(losses)),
        color=BLUE,
        lw=1.8,
        label="training text",
    )
    if glances:
        axes.plot(
            *_columns(glances),
            color=RED,
            lw=1.8,
            marker="o",
            ms=4,
            label="held-out text, a small part of it",
        )
    if final:
        step, score = final[-1]
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
    axes.set_xlim(left=0)
    axes.set_xlabel("step")
    axes.set_ylabel("bits per byte")
    name = Path(run.recipe.data.corpus).name
    axes.set_title(f"Learning to foretell: {name}", parse_math=False)
    axes.legend(frameon=False, loc="upper center")


def _draw_excerpt(axes: Axes, step: int, text: str) -> None:
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
    axes.axis("off")
    axes.set_title(f"after {step:,} steps", fontsize=10)
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


def _columns(points: Points) -> tuple[list[int], list[float]]:
    """Return the steps and the values of points."""
    return [step for step, _ in points], [value for _, value in points]
