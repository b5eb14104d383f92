from functools import partial

import pytest
from PIL import Image

from octavo.foundation.drawing import BLUE, RED, drawing, write_animation


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG\r\n"), ("a.svg", b"<?xml")]
)
def test_a_drawing_is_of_its_kind_and_the_same_each_time(
    tmp_path, name, start
):
    contents = []
    for _ in range(2):
        with drawing(tmp_path / name, 3, 2) as figure:
            figure.subplots().plot([0, 1], [1, 0])
        contents.append((tmp_path / name).read_bytes())
    assert contents[0].startswith(start)
    assert contents[0] == contents[1]


def test_an_animation_has_its_frames_and_times(tmp_path):
    def flat(color, figure):
        figure.add_axes((0, 0, 1, 1), facecolor=color)

    contents = []
    for name in ("a.gif", "b.gif"):
        frames = [partial(flat, color) for color in (RED, BLUE)]
        write_animation(tmp_path / name, frames, [100, 250], 2, 1)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    with Image.open(tmp_path / "a.gif") as film:
        assert (film.size, film.n_frames) == ((220, 110), 2)
        colors, times = [], []
        for number in range(2):
            film.seek(number)
            times.append(film.info["duration"])
            colors.append(film.convert("RGB").getpixel((9, 9)))
    assert times == [100, 250]
    assert colors == [(0xB2, 0x3A, 0x48), (0x2E, 0x5E, 0x8C)]
