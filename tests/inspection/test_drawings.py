"""Pictures: areas by hand, the same bytes each time, kinds by ending."""

import itertools

import numpy as np
import pytest
from PIL import Image

from octavo.inspection import Evolution, Sentence
from octavo.inspection.film import chosen_heads, draw_film, draw_sheet
from octavo.inspection.pictures import (
    draw_attention,
    labelled_width,
    squares,
    staircase,
)


def lower(*shape: int) -> np.ndarray:
    """Weights of a causal softmax, from a fixed seed."""
    scores = np.random.default_rng(3).normal(size=shape) * 2
    scores = np.where(np.tri(shape[-1], dtype=bool), scores, -np.inf)
    weights = np.exp(scores)
    return weights / weights.sum(-1, keepdims=True)


def area(corners: np.ndarray) -> float:
    """The shoelace formula."""
    x, y = corners.T
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def test_a_squares_area_is_its_weight_in_its_own_cell():
    weights = lower(6, 6)
    corners, codes = squares(weights)
    each = corners.reshape(-1, 5, 2)
    assert len(each) == 21
    assert len(codes) == len(corners)
    for square in each:
        column, row = np.floor(square[:4].mean(axis=0)).astype(int)
        assert area(square[:4]) == pytest.approx(weights[row, column])
        np.testing.assert_allclose(
            square[:4].mean(axis=0), (column + 0.5, row + 0.5)
        )


def test_the_staircase_holds_every_cell_that_may_be_seen():
    corners, codes = staircase(5)
    assert area(corners) == 5 * 6 / 2
    assert len(codes) == len(corners)
    assert corners.min() == 0
    assert corners.max() == 5


def test_a_label_at_the_end_has_room():
    short, long = (
        labelled_width(["a"] * 9, 10),
        labelled_width([*"aaaaaaaa", "a" * 20], 10),
    )
    assert short > 9 * 10
    assert long - short == pytest.approx(19 * 0.6 * 7.5)


def test_the_heads_that_narrowed_most_come_in_reading_order():
    even = np.tri(4) / np.arange(1, 5)[:, None]
    weights = np.empty((2, 2, 2, 4, 4))
    weights[0], weights[1] = even, even
    weights[1, 1, 0] = np.eye(4)  # one token from 2.5
    weights[1, 0, 1] = (even + np.eye(4)) / 2
    assert chosen_heads(weights, 2) == [(0, 1), (1, 0)]
    assert chosen_heads(weights, 1) == [(1, 0)]
    assert chosen_heads(weights, 9) == [(0, 0), (0, 1), (1, 0), (1, 1)]


LABELS = ["$To$", "·be", ",↵", "⟨f0⟩", "🌹", "naïve"]
EVOLUTION = Evolution(
    sentence=Sentence(text="$To$ be,\n🌹", ids=[1] * 6),
    steps=[0, 7, 1200],
    weights=lower(3, 2, 3, 6, 6).astype(np.float16),
)


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_weights_give_the_same_bytes(tmp_path, ending):
    contents = []
    for name in "ab":
        grid, sheet = (tmp_path / f"{k}{name}{ending}" for k in "gs")
        draw_attention(lower(2, 3, 6, 6), LABELS, grid)
        draw_sheet(EVOLUTION, sheet)
        contents.append((grid.read_bytes(), sheet.read_bytes()))
    assert contents[0] == contents[1]
    start = {".png": b"\x89PNG", ".svg": b"<?xml"}[ending]
    assert all(content.startswith(start) for content in contents[0])


def test_squares_are_drawn_in_blue_and_red(tmp_path):
    """One head that looks at itself only: red; one evenly: mostly blue."""
    even = np.tri(6) / np.arange(1, 7)[:, None]
    counts = []
    for weights in (np.eye(6), even):
        path = tmp_path / "a.png"
        draw_attention(weights[None, None], ["a"] * 6, path)
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        counts.append(
            [
                int((pixels == color).all(axis=-1).sum())
                for color in ((178, 58, 72), (46, 94, 140))
            ]
        )
    side = 20 / 72 * 150  # a cell in dots
    (red, blue), (red_evenly, blue_evenly) = counts
    assert blue == 0
    assert red == pytest.approx(6 * side**2, rel=0.1)
    assert red_evenly == pytest.approx(side**2, rel=0.15)
    assert blue_evenly == pytest.approx(5 * side**2, rel=0.15)


def test_the_picture_grows_with_the_text(tmp_path):
    sizes = []
    for time in (3, 16, 40):
        path = tmp_path / "a.png"
        draw_attention(lower(2, 2, time, time), ["token"] * time, path)
        with Image.open(path) as picture:
            sizes.append(picture.size)
    for one, other in itertools.pairwise(sizes):
        assert one[0] < other[0]
        assert one[1] < other[1]


def test_the_film_shows_each_moment_and_rests_at_the_end(tmp_path):
    contents = []
    for name in ("a.gif", "b.gif"):
        draw_film(EVOLUTION, LABELS, tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    times, frames = [], []
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 3
        assert film.info["loop"] == 0
        for moment in range(3):
            film.seek(moment)
            times.append(film.info["duration"])
            frames.append(film.convert("RGB").tobytes())
    assert times == [700, 700, 3000]
    assert len(set(frames)) == 3
