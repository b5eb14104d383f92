from pathlib import Path

from octavo.book.library import find, parse_module
from octavo.book.reach import (
    fingerprint,
    reach,
    reached_by_code,
    reached_by_verb,
)


def names(found) -> set[str]:
    return {one.symbol for one in found}


def test_the_reach_of_attention_follows_imports_to_the_definitions():
    found = reach([find("octavo.model.attention.Attention")])
    assert found[-1].name == "Attention"
    assert {
        "octavo.model.norm.RMSNorm",
        "octavo.model.positions.rotate",
        "octavo.model.config.CHOICES",
        "octavo.foundation.errors.did_you_mean",
    } <= names(found)
    assert "octavo.model.transformer.Transformer" not in names(found)


def test_what_is_needed_stands_before_what_needs_it():
    found = reach([find("octavo.model.transformer.Transformer")])
    place = {one.name: number for number, one in enumerate(found)}
    assert place["rotary_angles"] < place["Rotary"] < place["Transformer"]
    assert place["RMSNorm"] < place["Attention"] < place["Block"]


def test_a_snippet_reaches_through_the_packages_it_imports_from():
    code = "from octavo.model import causal_mask\nprint(causal_mask(2, 2))"
    assert names(reached_by_code(code)) == {
        "octavo.model.attention.causal_mask"
    }


def test_what_a_module_is_asked_for_is_reached():
    found = reach([find("octavo.twins.numpy_model.loss_and_gradients")])
    assert "octavo.twins.numpy_layers.cross_entropy" in names(found)


def test_a_verb_reaches_what_it_calls():
    found = names(reached_by_verb("evaluate"))
    assert "octavo.evaluation.score.score_model" in found
    assert not any(
        name.startswith("octavo.training.doctor") for name in found
    )


def one(text: str):
    return parse_module("m", Path(), text).definitions.values()


def test_only_meaning_changes_a_fingerprint():
    before = fingerprint(
        "run", one('def f(x):\n    """Doc."""\n    return x')
    )
    same = 'def f(x):\n    """Other."""\n    # why\n    return (x)'
    assert fingerprint("run", one(same)) == before
    assert fingerprint("run", one("def f(x):\n    return -x")) != before
    assert fingerprint("walk", one(same)) != before


def test_a_fingerprint_is_the_same_on_every_python():
    assert fingerprint(
        "x", one("def f(x: int = 1):\n    return f'{x}'")
    ) == ("dbeab09a95c2b845")
