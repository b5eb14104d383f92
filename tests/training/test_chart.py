"""The picture of a run: what it says, and that it can be drawn."""

import json
import math
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octavo.training import Metrics, chart
from octavo.training.chart import (
    EXCERPT_WIDTH,
    bits_per_byte_per_nat,
    choose_excerpts,
    draw_run,
    smoothed,
    thinned,
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


def test_a_long_line_keeps_its_peaks():
    points = [(step, float(step % 7)) for step in range(50_000)]
    points[31_111] = (31_111, 100.0)
    points[41_111] = (41_111, -100.0)
    thin = thinned(points, 500)
    assert len(thin) <= 500
    assert {points[31_111], points[41_111]} < set(thin) < set(points)
    assert thin == sorted(thin)
    assert thinned(points[:500], 500) == points[:500]


def test_three_samples_are_shown_first_early_and_last():
    samples = [(s, f"at {s}") for s in (0, 2, 5, 10, 20, 40, 60, 80, 100)]
    assert choose_excerpts(samples) == [
        (0, "at 0"),
        (10, "at 10"),
        (100, "at 100"),
    ]
    assert choose_excerpts(samples[:1]) == samples[:1]
    assert choose_excerpts([]) == []


def test_the_drawing_says_what_the_record_says(finished, tmp_path):
    draw_run(finished, tmp_path / "a.svg")
    words = said(tmp_path / "a.svg")
    (step, final), *_ = Metrics.read(finished.folder).of("final")
    assert "Learning to foretell: sheep.txt" in words
    assert "training text" in words
    bits = final["bits_per_byte"]
    assert f"all of the held-out text: {bits:.2f}" in words
    assert "learning" in words
    assert [w for w in words if "after " in w] == [
        "a  after 0 steps",
        "b  after 2 steps",
        f"c  after {step} steps",
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
    metrics.add(step=1, loss=2.0, learning_rate_share=1.0)
    data = replace(finished.recipe.data, corpus="a/$\\nosuch$.txt")
    recipe = replace(finished.recipe, data=data)
    run = replace(finished, folder=folder, recipe=recipe)
    draw_run(run, tmp_path / "a.svg")
    words = said(tmp_path / "a.svg")
    assert "Learning to foretell: $\\nosuch$.txt" in words
    assert words.count("$x^2$ &amp; \ufffd[2J 天") == 1
    long = [w for w in words if w.strip().startswith("word")]
    assert len(long) == 2
    assert max(map(len, long)) <= EXCERPT_WIDTH
    assert long[1].startswith("    word")
    assert not any("held-out" in word for word in words)


@pytest.mark.parametrize("num_steps", [0, 1, 2, 30])
def test_runs_that_are_short_or_went_wrong_are_drawn(
    finished, tmp_path, monkeypatch, num_steps
):
    """Of thirty steps, one had no loss, and one an old record's NaN."""
    rows = [
        {"step": step, "loss": 3.0, "learning_rate_share": 1.0}
        for step in range(1, num_steps + 1)
    ]
    if num_steps == 30:
        rows[9] = {"step": 10, "non_finite": {"what": "loss"}}
        rows[19]["loss"] = math.nan
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "metrics.jsonl").write_text(text, "utf-8")
    smooth = []
    monkeypatch.setattr(
        chart, "smoothed", lambda points: smooth.append(points) or points
    )
    draw_run(replace(finished, folder=tmp_path), tmp_path / "a.svg")
    words = said(tmp_path / "a.svg")
    assert ("no number: not learned from" in words) == (num_steps == 30)
    drawn = [step for step, _ in smooth[0]]
    wrong = {10, 20} if num_steps == 30 else set()
    assert drawn == [s for s in range(1, num_steps + 1) if s not in wrong]
