"""The one contract of the twins: same weights, same numbers."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from octavo.foundation import UserError
from octavo.twins import numpy_layers
from octavo.twins.loading import TWINS, load_twin
from octavo.twins.parity import BOUNDS, SHAPES, Difference, compare


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("shape", SHAPES)
def test_logits_loss_and_every_gradient_agree(shape, twin, dtype):
    difference = compare(twin, SHAPES[shape], dtype)
    assert difference.logits < BOUNDS[dtype], difference
    assert difference.loss < BOUNDS[dtype], difference
    assert difference.gradients < BOUNDS[dtype], difference


def test_a_wrong_sign_would_be_seen(monkeypatch):
    right = numpy_layers.shift

    def wrong(x, bias):
        y, backward = right(x, bias)
        return y, lambda dy: (dy, -backward(dy)[1])

    monkeypatch.setattr(numpy_layers, "shift", wrong)
    difference = compare("numpy", SHAPES["GPT-2"], "float64")
    assert difference.gradients == pytest.approx(2)
    assert difference.logits < BOUNDS["float64"]


def test_unknown_and_missing_twins_say_what_to_do(monkeypatch):
    with pytest.raises(UserError, match='"nunpy"; did you mean "numpy"'):
        load_twin("nunpy")
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(UserError, match="pip install jax"):
        load_twin("jax")


def test_the_documented_table_is_of_these_shapes_and_bounds():
    """All but the measured digits is what the script would write now."""
    root = Path(__file__).parents[2]
    script = runpy.run_path(str(root / "benchmarks" / "parity.py"))
    none = Difference(logits=0, loss=0, gradients=0, worst="")
    expected = script["page"](lambda *_: none)
    written = (root / "docs" / "parity.md").read_text("utf-8")
    number = re.compile(r"\d\.\de[-+]\d+|(?<=Measured with ).*")
    assert number.sub("_", written) == number.sub("_", expected)
    assert len(number.findall(written)) == 4 * len(SHAPES) + 1
