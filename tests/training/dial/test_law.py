"""The law, by hand, and found again from what it says."""

import math

import pytest

from octavo.training.dial.law import Cell, Law, fit, worth

LAW = Law(
    floor=0.8, size=60.0, size_power=0.35,
    data=90.0, data_power=0.3, patience=8.0,
)  # fmt: skip


def test_the_law_by_hand():
    law = Law(
        floor=1.0, size=10.0, size_power=0.5,
        data=30.0, data_power=0.25, patience=4.0,
    )  # fmt: skip
    # 1 + 10 / 100 + 30 / 10 = 4.1, read less than once.
    assert law.bits_per_byte(1e4, 1e4, 1e6) == pytest.approx(4.1)


def test_what_is_read_again_is_worth_less():
    assert worth(500.0, 1000.0, 4.0) == 500.0
    assert worth(1000.0, 1000.0, 4.0) == 1000.0
    # A text of 1000, read twice: 1000 + 4000 (1 - e^-0.25).
    twice = 1000 + 4000 * (1 - math.exp(-0.25))
    assert worth(2000.0, 1000.0, 4.0) == pytest.approx(twice)
    assert worth(1e9, 1000.0, 4.0) == pytest.approx(5000.0)


def test_a_law_is_found_from_its_own_runs():
    cells = [
        Cell(
            parameters=size, read=read, text=1e6,
            bits_per_byte=LAW.bits_per_byte(size, read, 1e6),
        )
        for size in (100_000, 1_000_000, 10_000_000)
        for read in (3e5, 1e6, 3e6, 3e7)
    ]  # fmt: skip
    found = vars(fit(cells))
    assert found == pytest.approx(vars(LAW), rel=1e-6)


def test_what_no_law_fits_is_refused():
    """Larger models that do worse, and more reading that harms."""
    cells = [
        Cell(parameters=n, read=r, text=1e9, bits_per_byte=n * r / 1e9)
        for n in (10**4, 10**5, 10**6)
        for r in (1e5, 1e6)
    ]
    with pytest.raises(ValueError, match="record more runs"):
        fit(cells)
