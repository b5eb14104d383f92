"""Shapes in signatures are kept, in every test of this whole run."""

import ast
import inspect
import pkgutil
from importlib import import_module

import jaxtyping
import pytest
import torch

import octavo.model
from octavo.model import (
    Attention,
    ModelConfig,
    Transformer,
    rotate,
    scaled_dot_product_attention,
)

CONFIG = ModelConfig(vocab_size=20, context=8, num_layers=1, width=16,
                     num_heads=2, num_kv_heads=1, head_width=6,
                     mlp_width=10)  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        lambda: rotate(torch.ones(2, 3, 4), *torch.ones(2, 5, 2)),
        lambda: scaled_dot_product_attention(
            torch.ones(2, 3, 4), torch.ones(1, 3, 4), torch.ones(2, 3, 4)
        ),
        lambda: Transformer(CONFIG)(torch.ones(2, 3, 4, dtype=torch.long)),
        lambda: Transformer(CONFIG)(torch.ones(2, 3)),
        lambda: Attention(CONFIG)(torch.ones(3, 16)),
    ],
)
def test_a_wrong_shape_or_type_is_caught(call):
    with pytest.raises(jaxtyping.TypeCheckError):
        call()


def test_a_result_of_a_wrong_shape_is_caught(monkeypatch):
    attention = Attention(CONFIG)
    monkeypatch.setattr(attention.output, "forward", lambda x: x[:, :1])
    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        attention(torch.ones(2, 3, 16))


MODULES = [
    module.name
    for module in pkgutil.iter_modules(octavo.model.__path__)
    if module.name != "config"
]


@pytest.mark.parametrize("name", MODULES)
def test_every_tensor_in_a_signature_has_a_shape(name):
    module = import_module(f"octavo.model.{name}")
    tree = ast.parse(inspect.getsource(module))
    functions = [
        n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)
    ]
    for function in functions:
        arguments = [*function.args.args, *function.args.kwonlyargs]
        hints = [argument.annotation for argument in arguments]
        for hint in filter(None, [*hints, function.returns]):
            assert "Tensor" not in ast.unparse(hint).replace("[Tensor,", "")


@pytest.mark.parametrize("name", MODULES)
def test_every_function_of_the_model_is_checked(name):
    module = import_module(f"octavo.model.{name}")
    for _, found in inspect.getmembers(module):
        if getattr(found, "__module__", "") != module.__name__:
            continue
        methods = [found] if inspect.isfunction(found) else vars(found)
        if inspect.isclass(found):
            methods = filter(inspect.isfunction, vars(found).values())
        for method in methods:
            assert hasattr(method, "__wrapped__"), method
