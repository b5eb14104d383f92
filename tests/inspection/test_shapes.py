import pytest
import torch

from octavo.foundation import UserError
from octavo.inspection import letter_sizes, list_shapes, shapes

from .conftest import KINDS, make_model


def test_the_shapes_are_those_of_the_pass(model, ids):
    real = {}

    def note(name):
        def hook(_module, _inputs, output):
            output = output[0] if isinstance(output, tuple) else output
            real[name] = tuple(output.shape)

        return hook

    for name, module in model.named_modules():
        computes = not list(module.children())
        idle = isinstance(module, torch.nn.Identity | torch.nn.Dropout)
        first = not name.startswith("blocks.1.")
        if computes and first and not idle:
            module.register_forward_hook(
                note(name.removeprefix("blocks.0."))
            )
    steps = list_shapes(model, ids)
    said = {step.tensor: step.shape for step in steps}
    # Everything that computes is in the table, with its shape.
    assert real.items() <= said.items()
    between = said.keys() - real.keys() - {"ids"}
    assert between == {
        "query", "key", "value", "weights", "mixed", "x + attention",
        "x + mlp",
    }  # fmt: skip


def test_the_letters_say_the_same_as_the_numbers(model, ids):
    sizes = letter_sizes(model.config, len(ids))
    for step in list_shapes(model, ids):
        letters = step.letters.split()
        assert tuple(sizes[letter] for letter in letters) == step.shape
        assert 0 < len(step.meaning) <= 36


def test_a_grouped_model_by_hand():
    steps = list_shapes(make_model(**KINDS["qwen3"]), [1, 2, 3])
    shapes = {step.tensor: (step.letters, step.shape) for step in steps}
    assert shapes["ids"] == ("B T", (1, 3))
    assert shapes["rotary"] == ("T K/2", (3, 6))
    assert shapes["attention.key"] == ("B T GK", (1, 3, 24))
    assert shapes["query"] == ("B H T K", (1, 4, 3, 12))
    assert shapes["value"] == ("B G T K", (1, 2, 3, 12))
    assert shapes["weights"] == ("B H T T", (1, 4, 3, 3))
    assert shapes["mlp.gate"] == ("B T F", (1, 3, 40))
    assert shapes["head"] == ("B T V", (1, 3, 300))


def test_a_letter_that_lies_is_noticed(monkeypatch, ids):
    table = tuple(
        (name, "B T F" if name == "norm" else letters, meaning)
        for name, letters, meaning in shapes.AFTER
    )
    monkeypatch.setattr(shapes, "AFTER", table)
    with pytest.raises(AssertionError, match="norm"):
        list_shapes(make_model(), ids)


def test_texts_without_tokens_or_beyond_the_context_raise():
    with pytest.raises(UserError, match="text is empty"):
        list_shapes(make_model(), [])
    with pytest.raises(UserError, match="25 tokens long"):
        list_shapes(make_model(), [1] * 25)
