from xml.etree import ElementTree as ET

import pytest

from octavo.book.mathematics import to_mathml, to_typst
from octavo.foundation import UserError

SOFTMAX = r"\operatorname{softmax}\left(\frac{Q K^\top}{\sqrt{d}}\right) V"


def test_a_formula_in_typst():
    assert to_typst(SOFTMAX) == (
        'op("softmax") ( frac(Q K^(⊤), sqrt(d)) ) V'
    )
    assert to_typst(r"\sum_{i=1}^n x_i / 2, \theta") == (
        "∑_(i = 1)^(n) x_(i) \\/ 2 \\, θ"
    )


def test_a_formula_in_mathml_is_well_formed():
    tree = ET.fromstring(to_mathml(SOFTMAX))
    assert "".join(tree.itertext()) == "softmax(QK⊤d)V"
    assert tree.find(".//mfrac/mrow/msup") is not None
    assert tree.find(".//msqrt/mrow/mi").text == "d"
    total = ET.fromstring(to_mathml(r"\sum_{i}^n x_i"))
    assert [one.tag for one in total.iter()][2] == "munderover"


def test_a_minus_belongs_to_its_number_or_stands_between_two():
    assert '<mo form="prefix">−</mo><mn>1</mn>' in to_mathml("(2, -1)")
    assert "<mi>a</mi><mo>−</mo><mi>b</mi>" in to_mathml("a - b")
    assert to_typst("(2, -1)") == "( 2 \\, - 1 )"


@pytest.mark.parametrize(
    ("latex", "said"),
    [(r"\sgma", 'did you mean "sigma"'), (r"\frac{a", 'no "}"'),
     (r"x^", "missing at the end"), (r"\text a", "words stand in braces")],
)  # fmt: skip
def test_what_cannot_be_set_is_named(latex, said):
    with pytest.raises(UserError, match=said):
        to_typst(latex)


def test_a_hat_and_what_becomes_of_something():
    latex = r"x \leftarrow \frac{\hat m}{2}"
    assert to_typst(latex) == "x ← frac(hat(m), 2)"
    hat = '<mover accent="true"><mi>m</mi><mo>^</mo></mover>'
    assert hat in to_mathml(latex)
