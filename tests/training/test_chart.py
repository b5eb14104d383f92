"""The picture of a run: what it says, and that it can be drawn."""

import math
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octavo.training import Metrics
from octavo.training.chart import (
    EXCERPT_WIDTH,
    bits_per_byte_per_nat,
    choose_excerpts,
    draw_run,
    smoothed,
)


def said(path: Path) -> list[str]:
    """Return the texts of an SVG, which matplotlib keeps as comments."""
    return re.findall(r"<!-- (.*?) -->", path.read_text("utf-8"))


def test_nats_per_token_become_bits_per_byte(finished):
    run = finished
    tokens = len(run.train.ids) - 1  # <|endoftext|> is not foretold
    expected = tokens / run.train.num_bytes.sum() / math.log(2)
    assert bits_per_byte_per_nat(run) == pytest.approx(expected)


def test_smoothing_by_hand():
    assert smoothed([]) == []
    few = [(1, 4.0), (2, 2.0), (3, 9.0)]
    assert smoothed(few) == few
    # Of 80 points, means over two on each side; fewer near the beginning.
    points = [(step, float(step % 2)) for step in range(80)]
    smooth = dict(smoothed(points))
    assert smooth[0] == 0.0
    assert smooth[1] == pytest.approx((0 + 1 + 0) / 3)
    assert smooth[2] == pytest.approx((0 + 1 + 0 + 1 + 0) / 5)
    assert smooth[3] == pytest.approx((1 + 0 + 1 + 0 + 1) / 5)
    assert smooth[79] == pytest.approx((1 + 0 + 1) / 3)


def test_a_long_run_is_smoothed_in_no_time():
    points = [(step, 1.0) for step in range(200_000)]
    began = time.perf_counter()
    values = {round(value, 6) for _, value in smoothed(points)}
    assert values == {1.0}
    assert time.perf_counter() - began < 5


def test_three_samples_are_shown_first_early_and_last():
    samples = [(s, f"at {s}") for s in (0, 2, 5, 10, 20, 40, 60, 80, 100)]
    assert choose_excerpts(samples) == [
        (0, "at 0"),
        (10, "at 10"),
        (100, "at 100"),
    ]
    assert choose_excerpts(samples[:1]) == samples[:1] * 3


def test_the_drawing_says_what_the_record_says(finished, tmp_path):
    draw_run(finished, tmp_path / "a.svg")
    words = said(tmp_path / "a.svg")
    (step, final), *_ = Metrics.read(finished.folder).of("final")
    assert "Learning to foretell: sheep.txt" in words
    assert "training text" in words
    bits = final["bits_per_byte"]
    assert f"all of the held-out text: {bits:.2f}" in words
    assert [w for w in words if w.startswith("after ")] == [
        "after 0 steps",
        "after 3 steps",
        f"after {step} steps",
    ]
    draw_run(finished, tmp_path / "b.svg")
    first = (tmp_path / "a.svg").read_bytes()
    assert (tmp_path / "b.svg").read_bytes() == first


def test_samples_of_any_characters_are_drawn_and_wrapped(
    finished, tmp_path
):
    """No markup is obeyed, and a long line goes on indented."""
    folder = tmp_path / "run"
    folder.mkdir()
    metrics = Metrics.read(folder)
    metrics.add(step=0, sample="$x^2$ & \x1b[2J 天\n\n" + "word " * 12)
    metrics.add(step=1, loss=2.0)
    data = replace(finished.recipe.data, corpus="a/$\\nosuch$.txt")
    recipe = replace(finished.recipe, data=data)
    run = replace(finished, folder=folder, recipe=recipe)
    draw_run(run, tmp_path / "a.svg")
    words = said(tmp_path / "a.svg")
    assert "Learning to foretell: $\\nosuch$.txt" in words
    assert words.count("$x^2$ &amp; \ufffd[2J 天") == 3
    long = [w for w in words if w.strip().startswith("word")]
    assert len(long) == 6
    assert max(map(len, long)) <= EXCERPT_WIDTH
    assert long[1].startswith("    word")
    assert not any("held-out" in word for word in words)
