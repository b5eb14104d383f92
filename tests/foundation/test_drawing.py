import pytest

from octavo.foundation.drawing import drawing


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
