"""The table in the package, and what it is asked."""

import numpy as np
import pytest

from octavo.model import Transformer
from octavo.tokenizer import Tokenizer, write_tokens
from octavo.training.dial.sizes import model_of
from octavo.training.dial.table import (
    Family,
    Outlook,
    block_parameters,
    families,
    hardness,
    matrix_parameters,
)

from .conftest import LAW


def test_the_table_is_whole():
    for family in families().values():
        assert Family.from_dict(family.as_dict()) == family
        assert "tiny" in {run.size for run in family.runs}
        for run in family.runs:
            assert len(run.curve) == 20
            assert run.curve[0] > run.curve[-1] > 0.5
            expected = family.law.bits_per_byte(
                run.parameters, run.read, run.text
            )
            assert expected == pytest.approx(run.bits_per_byte, rel=0.1)


def test_parameters_are_counted_as_the_model_has_them():
    config = model_of("tiny", 512)
    model = Transformer(config)
    matrices = sum(p.numel() for p in model.parameters() if p.dim() == 2)
    assert matrix_parameters(config) == matrices
    assert block_parameters(config) == matrices - 512 * 128


@pytest.mark.parametrize("kind", ["bytes", "bpe"])
def test_hardness_does_not_depend_on_the_vocabulary(tmp_path, kind):
    """Random letters: trigrams learn that there are 16 of them."""
    letters = np.random.default_rng(1).integers(97, 113, 40_000)
    text = bytes(letters.astype(np.uint8)).decode()
    tokenizer = (
        Tokenizer.bytes()
        if kind == "bytes"
        else Tokenizer.train([text], 300)
    )
    files = [
        write_tokens(tmp_path / name, tokenizer, [("d", part)])
        for name, part in (("a", text[:30_000]), ("b", text[30_000:]))
    ]
    assert hardness(*files, tokenizer) == pytest.approx(4.0, rel=0.05)


def test_a_harder_text_is_expected_to_stay_harder(family, finished):
    model, text = finished.recipe.model, finished.train.num_bytes.sum()
    outlook = Outlook.of(
        finished.train, finished.held_out, finished.tokenizer
    )
    assert outlook.ratio == 1.0
    per_token = text / len(finished.train.ids)
    usual = LAW.bits_per_byte(
        block_parameters(model), 900 * per_token, text
    )
    assert outlook.bits_per_byte(model, 900) == pytest.approx(usual)
    assert outlook.rule(model, 900) == (
        "the law through recorded runs on verse, none of them near this one"
    )
    harder = Outlook(
        family=family,
        ratio=1.5,
        text=float(text),
        bytes_per_token=per_token,
    )
    assert harder.bits_per_byte(model, 900) == pytest.approx(1.5 * usual)
    assert "this text is 1.50 times as hard" in harder.rule(model, 900)
