"""The record: what is written, forgotten, and refused."""

import json

import pytest

from octavo.foundation import UserError
from octavo.training import Metrics
from octavo.training.metrics import Mark, read_rows

ROWS = [
    {"step": 0, "sample": "first"},
    {"step": 1, "loss": 5.0},
    {"step": 1, "held_out_glance": 3.5},
    {"step": 2, "loss": 4.0},
    {"step": 2, "sample": "zweite Zeile: é\nund 天"},
    {"step": 2, "final": {"bits_per_byte": 3.0}},
]


@pytest.fixture
def metrics(tmp_path) -> Metrics:
    metrics = Metrics.read(tmp_path)
    for row in ROWS:
        metrics.add(**row)
    metrics.flush()
    return metrics


def test_a_line_for_each_thing_recorded(tmp_path, metrics):
    lines = (tmp_path / "metrics.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    assert Metrics.read(tmp_path).rows == ROWS
    assert metrics.of("loss") == [(1, 5.0), (2, 4.0)]
    assert metrics.of("absent") == []


def test_samples_are_there_to_read(tmp_path, metrics):
    assert (tmp_path / "samples.md").read_text("utf-8") == (
        "# What the model wrote as it learned\n"
        "\n## Step 0\n\n```text\nfirst\n```\n"
        "\n## Step 2\n\n```text\nzweite Zeile: é\nund 天\n```\n"
    )


@pytest.mark.parametrize("kept", [0, 1, 3, 5])
def test_reopening_forgets_what_will_be_done_again(tmp_path, kept):
    metrics = Metrics.read(tmp_path)
    for row in ROWS[:kept]:
        metrics.add(**row)
    mark = Mark.of(tmp_path / "metrics.jsonl")
    for row in ROWS[kept:]:
        metrics.add(**row)
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(b"\xff torn")  # what is forgotten may be damaged
    again = Metrics.reopen(tmp_path, mark)
    assert again.rows == ROWS[:kept]
    assert Metrics.read(tmp_path).rows == ROWS[:kept]
    samples = (tmp_path / "samples.md").read_text("utf-8")
    assert samples.count("## Step") == len(again.of("sample"))


def test_a_byte_before_the_mark_is_missed(tmp_path, metrics):
    path = tmp_path / "metrics.jsonl"
    mark, whole = Mark.of(path), path.read_bytes()
    assert mark.size == len(whole)
    for content in (whole[:-1], whole.replace(b"5.0", b"4.0"), b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"metrics\.jsonl is not what"):
            Metrics.reopen(tmp_path, mark)
        assert path.read_bytes() == content


def test_a_number_that_json_lacks_is_no_metric(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        Metrics(tmp_path, []).add(step=1, loss=float("nan"))


def test_a_last_line_torn_by_a_kill_is_left_out(tmp_path, metrics):
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()
    for torn in (b'{"step": 3, "lo', b"{", b'{"step": 3, "sample": "\xc3'):
        path.write_bytes(whole + torn)
        assert read_rows(path) == ROWS


@pytest.mark.parametrize(
    "line", [b"nonsense", b"[]", b'{"loss": 1}', b'{"step": "1"}', b"\xff"]
)
def test_damage_before_the_end_names_its_line(tmp_path, metrics, line):
    path = tmp_path / "metrics.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:3], line, *lines[3:]]))
    with pytest.raises(UserError, match=r"metrics\.jsonl, line 4, is dam"):
        read_rows(path)


def test_a_record_that_cannot_grow_says_so(tmp_path):
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(UserError, match=r"cannot write .*metrics\.jsonl"):
        Metrics(tmp_path, []).add(step=1, loss=1.0)
