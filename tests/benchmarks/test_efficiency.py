"""What the benchmark of efficiency counts, and where it puts time."""

import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from octavo.model import Transformer, scaled_dot_product_attention
from octavo.training.steps import begin

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import racing
import spending


def counted(function, operation) -> int:
    """What torch counts of an operation, forward and back."""
    with FlopCounterMode(display=False) as counter:
        function().sum().backward()
    return counter.get_flop_counts()["Global"][operation]


def test_operations_are_those_that_torch_counts():
    """Attention's square is counted by half: the rest is the future."""
    shape = racing.Shape("small", "tiny", 16, 2)
    model = Transformer(shape.recipe("float32", 1).model)
    ids = torch.zeros(2, 16, dtype=torch.int64)
    matrices = counted(lambda: model(ids), torch.ops.aten.mm)
    qkv = torch.ones(3, 2, 2, 16, 64, requires_grad=True)
    square = counted(
        lambda: scaled_dot_product_attention(*qkv), torch.ops.aten.bmm
    )
    assert shape.operations(model) == matrices + 4 * square // 2


@pytest.mark.parametrize(
    ("names", "group"),
    [
        ("aten::mm aten::linear step", "products"),
        ("aten::bmm FastAttention step", "attention, its products too"),
        ("aten::mm Backward optimizer step", "optimizer: products"),
        ("aten::mul optimizer step", "optimizer: the rest"),
        ("aten::mul step", "elementwise, and sums"),
        ("aten::copy_ aten::to step", "copies and casts"),
        ("aten::mul_ FastRMSNorm step", "norms"),
        ("aten::as_strided FastRMSNorm step", "calls, and waiting"),
        ("step", "calls, and waiting"),
    ],
)
def test_an_operation_belongs_where_it_was_called(names, group):
    assert spending.group_of(names.split()) == group


def test_all_time_is_spent_on_something():
    shape = racing.Shape("small", "tiny", 8, 2)
    recipe = shape.recipe("float32", 1)  # with dropout: not all by hand
    state = begin(recipe.changed(["model.dropout=0.1"]))
    ids = torch.zeros(2, 8, dtype=torch.int64)
    spent = spending.spending(state, ids, ids)
    assert min(spent["products"], spent["optimizer: products"]) > 0
    assert 0 < spent["calls, and waiting"] < sum(spent.values())
    assert spent["rotary positions"] > 0
    assert spent["norms"] > 0
