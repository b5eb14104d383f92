"""Sonnets to train on: their form, and where their parts come from."""

from random import Random

from octavo.evaluation.poetry import form, rhymes
from octavo.finetuning.examples.sonnets import (
    MIXED,
    mixed,
    parted,
    parts,
    whole_sonnets,
)


def test_parts_stand_apart():
    lines = [f"line {n}" for n in range(1, 15)]
    first, second, third, couplet = parted(lines).split("\n\n")
    assert first == "line 1\nline 2\nline 3\nline 4"
    assert second.split("\n") == lines[4:8]
    assert third.split("\n") == lines[8:12]
    assert couplet.split("\n") == lines[12:]


def test_mixed_ones_are_of_real_parts_and_rhyme(works):
    quatrains, couplets = parts(works.train)
    real = whole_sonnets(works.train)
    assert len(real) == 152
    assert (len(quatrains), len(couplets)) == (608, 304)
    made = list(mixed(quatrains, couplets, MIXED, Random(1)))
    assert len(set(made)) == MIXED
    for sonnet in made[::20]:
        *first, couplet = sonnet.split("\n\n")
        assert all(part.split("\n") in quatrains for part in first)
        assert couplet.split("\n") in couplets
        assert sonnet.replace("\n\n", "\n") not in real
    found = form(made)
    assert found["fourteen_lines"] == 1
    # By the same measure 81% of the pairs of real sonnets rhyme.
    assert 0.7 < found["rhymes"] < 0.9
    assert rhymes("  So sweet the sight", "  And gone the night")
