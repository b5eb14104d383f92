"""The picture of a run: loss as it falls, and what the model wrote then."""

import math
import textwrap
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from octavo.evaluation import stretches
from octavo.foundation.drawing import BLUE, FAINT, RED, drawing
from octavo.foundation.text import printable
from octavo.training.run import Metrics, Run

Points = list[tuple[int, float]]
EXCERPTS = (0.0, 0.12, 1.0)  # where, of the run, samples are shown from
EXCERPT_LINES, EXCERPT_WIDTH = 10, 36


def draw_run(run: Run, path: Path) -> None:
    """Draw a run's loss in bits per byte, with three samples below it."""
    metrics = Metrics.read(run.folder)
    with drawing(path, 9.0, 6.4) as figure:
        places = ["first", "middle", "last"]
        rows: list[Any] = [["curve"] * 3, places]
        axes = figure.subplot_mosaic(rows, height_ratios=[2.2, 1])
        _draw_curve(axes["curve"], run, metrics)
        samples = metrics.of("sample")
        for place, share in zip(places, EXCERPTS, strict=True):
            _draw_sample(
                axes[place], *_nearest(samples, share * samples[-1][0])
            )


def _draw_curve(axes: Axes, run: Run, metrics: Metrics) -> None:
    """Draw the loss of training, and the glances at held-out text."""
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
        _mark_end(axes, final[-1][0], final[-1][1]["bits_per_byte"])
    lowest = min(value for _, value in losses + glances)
    axes.set_ylim(bottom=max(0.0, lowest - 0.4))
    axes.set_xlim(left=0)
    axes.set_xlabel("step")
    axes.set_ylabel("bits per byte")
    axes.set_title(f"Learning to foretell: {run.recipe.data.corpus}")
    axes.legend(frameon=False)


def _mark_end(axes: Axes, step: int, bits: float) -> None:
    """Mark the score on the whole held-out text."""
    axes.plot([step], [bits], marker="*", ms=13, color=RED, clip_on=False)
    axes.annotate(
        f"{bits:.2f} on all held-out text",
        (step, bits),
        xytext=(0, 22),
        textcoords="offset points",
        ha="right",
        color=RED,
    )


def _draw_sample(axes: Axes, step: int, text: str) -> None:
    """Write the beginning of a sample under its step."""
    lines = [
        part
        for line in printable(text).strip().splitlines()
        for part in textwrap.wrap(line, EXCERPT_WIDTH) or [""]
    ]
    axes.axis("off")
    axes.set_title(f"step {step}", fontsize=10)
    axes.text(
        0.0,
        1.0,
        "\n".join(lines[:EXCERPT_LINES]),
        family="DejaVu Sans Mono",
        fontsize=7.5,
        va="top",
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
    out = []
    for place, (step, _) in enumerate(points):
        # As many before as after: where it falls fast, it must not lag.
        side = min(len(points) // 40, place)
        near = points[place - side : place + side + 1]
        out.append((step, sum(value for _, value in near) / len(near)))
    return out


def _nearest(
    samples: list[tuple[int, str]], step: float
) -> tuple[int, str]:
    """Return the sample that was taken nearest to a step."""
    return min(samples, key=lambda sample: abs(sample[0] - step))


def _columns(points: Points) -> tuple[list[int], list[float]]:
    """Return the steps and the values of points."""
    return [step for step, _ in points], [value for _, value in points]
