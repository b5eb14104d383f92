"""What chapter 14 counts, against the library, and its drawings."""

from datetime import UTC, datetime

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from octavo.book.drawing import BLUE, RED
from octavo.book.figures import scale
from octavo.book.paper import compile_typst
from octavo.inspection.parts import count_flops
from octavo.model import ModelConfig, Transformer
from octavo.model.cache import Cache


def model() -> Transformer:
    return Transformer(
        ModelConfig(
            vocab_size=50, context=8, num_layers=2, width=32, num_heads=2,
            num_kv_heads=1, head_width=16, mlp_width=96, qk_norm=False,
        )
    )  # fmt: skip


def test_a_step_takes_six_operations_a_weight_and_token_and_attention():
    ours, ids = model(), torch.randint(50, (1, 8))
    weights = sum(p.numel() for p in ours.parameters() if p.ndim == 2)
    with (
        sdpa_kernel(SDPBackend.MATH),  # whose products are counted
        FlopCounterMode(display=False) as counter,
    ):
        ours(ids).sum().backward()
    looks = count_flops(ours.blocks[0].attention, ours.config)
    assert looks == 4 * 8 * 2 * 16
    expected = 6 * weights * 8 + 3 * looks * 8 * 2
    assert counter.get_total_flops() == expected


def test_the_cache_of_a_token_is_two_vectors_of_each_shared_head():
    ours, ids = model(), torch.randint(50, (1, 8))
    cache = Cache(ours.config)
    ours(ids, cache)
    kept = [x for one in cache.layers for x in (one.keys, one.values)]
    assert cache.length == 8
    assert sum(x.numel() for x in kept) == 8 * 2 * 2 * 1 * 16


@pytest.mark.parametrize(
    ("number", "said"),
    [(850, "850"), (999_400, "999,400"), (999_700, "1.0M"),
     (13_080_192, "13M"), (8.03e9, "8.0B"), (1.56e13, "16T")],
)  # fmt: skip
def test_large_numbers_as_people_say_them(number, said):
    assert scale.rounded(number) == said


def test_a_bar_is_as_long_as_its_share():
    drawn = scale.shares({"one": {"tables": 10, "attention": 30,
                                  "network": 60}})  # fmt: skip
    wide = scale.WIDTH - 84 - 42
    assert f"rect(width: {0.3 * wide:g}pt, height: 14pt" in drawn
    network = f'rect(width: {0.6 * wide:g}pt, height: 14pt, fill: rgb("'
    assert f"{network}{BLUE}" in drawn


def test_what_fits_on_a_card_ends_left_of_its_line():
    drawn = scale.cards({"all": {"weights": 100.0}, "half":
                         {"weights": 50.0}}, 80.0)  # fmt: skip
    wide = (scale.WIDTH - 106 - 26) / 100
    assert f"({106 + 80 * wide:.2f}pt, 10.00pt)" in drawn
    assert f"rect(width: {50 * wide:g}pt" in drawn
    assert "80 GB" in drawn


def test_a_budget_is_a_line_of_equal_operations():
    drawn = scale.plane([(1e6, 1e6)], {"big": (1e10, 1e12)}, {"day": 6e16})
    chart = scale.Chart(
        sheet=scale.Drawing(height=1), left=28, top=20, width=206,
        height=134, x=scale.Scale(1e5, 1e12, log=True),
        y=scale.Scale(1e4, 1e14, log=True),
    )  # fmt: skip
    ends = [chart.at(n, 1e16 / n) for n in (1e5, 1e12)]
    (x, y), (u, v) = ends
    assert f"curve.move(({x:.2f}pt, {y:.2f}pt))" in drawn
    assert f"curve.line(({u:.2f}pt, {v:.2f}pt))" in drawn


def test_machines_hold_all_or_a_quarter():
    drawn = scale.split()
    whole = f'rect(width: 13.3pt, height: 13pt, fill: rgb("{RED}"))'
    assert drawn.count(whole) == 4 + 1  # all in data, one in a pipeline
    assert drawn.count("height: 3.25pt") == 16
    assert drawn.count("width: 3.33pt, height: 13pt") == 16


def test_the_drawings_can_be_printed():
    row = (1e13, 2.0, 1.9)
    drawings = [
        scale.foretold([row], [(1e14, 1.8, 1.7)]),
        scale.split(),
        scale.plane([(1e6, 1e6)], {"big": (1e10, 1e12)}, {"day": 1e19}),
    ]
    text = "".join(f"#picture[{one}]" for one in drawings)
    svg = compile_typst(text, datetime.fromtimestamp(0, UTC), "svg")
    assert RED.encode() in svg
