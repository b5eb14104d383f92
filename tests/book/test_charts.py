"""Charts: numbers to places."""

from datetime import UTC, datetime

import pytest

from octavo.book.charts import Chart, Scale
from octavo.book.drawing import Drawing
from octavo.book.paper import compile_typst


@pytest.fixture
def chart() -> Chart:
    return Chart(
        sheet=Drawing(height=140),
        left=30,
        top=20,
        width=200,
        height=100,
        x=Scale(1, 1000, log=True),
        y=Scale(1.0, 3.0),
    )


def test_numbers_have_places(chart):
    assert chart.at(1, 1.0) == (30, 120)
    assert chart.at(1000, 3.0) == pytest.approx((230, 20))
    assert chart.at(10, 2.0) == pytest.approx((30 + 200 / 3, 70))


def test_a_line_goes_through_its_numbers(chart):
    chart.line([(1, 1.0), (1000, 3.0)])
    (mark,) = chart.sheet.marks
    assert "curve.move((30.00pt, 120.00pt))" in mark
    assert "curve.line((230.00pt, 20.00pt))" in mark


def test_a_chart_can_be_printed(chart):
    chart.line([(1, 1.0), (10, 2.5), (1000, 3.0)])
    chart.dot(10, 2.5)
    chart.words("half", 10, 2.5)
    chart.scales({1: "1", 1000: "1,000"}, {1: "1"}, "tokens", "bits")
    text = f"#picture[{chart.sheet.typst()}]"
    svg = compile_typst(text, datetime.fromtimestamp(0, UTC), "svg")
    assert b"#2e5e8c" in svg
