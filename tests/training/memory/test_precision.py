"""bfloat16: what is computed in it, what is not, and who decides."""

import time
from dataclasses import replace

import pytest
import torch

from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.training import DataRecipe, Recipe, TrainingRecipe
from octavo.training.memory import precision
from octavo.training.memory.precision import has_fast_bfloat16
from octavo.training.steps import begin, take_step

RECIPE = Recipe(
    data=DataRecipe(corpus="none"),
    model=ModelConfig(
        vocab_size=40, context=8, num_layers=2, width=32, num_heads=2,
        num_kv_heads=1, head_width=16, mlp_width=48,
    ),
    training=TrainingRecipe(tokens=1000, seed=3),
)  # fmt: skip
GPT2 = replace(RECIPE.model, norm="layer", positions="learned", mlp="gelu",
               bias=True, qk_norm=False)  # fmt: skip
GENERATOR = torch.Generator().manual_seed(5)
IDS = torch.randint(40, (4, 9), generator=GENERATOR)


def state_in(kind: str, model: ModelConfig = RECIPE.model):
    training = replace(RECIPE.training, precision=kind)
    return begin(replace(RECIPE, model=model, training=training))


def gradients_in(kind: str, model: ModelConfig) -> dict[str, torch.Tensor]:
    state = state_in(kind, model)
    state.backend.loss(IDS[:, :-1], IDS[:, 1:])
    return {n: p.grad for n, p in state.model.named_parameters()}


@pytest.mark.parametrize("model", [RECIPE.model, GPT2])
def test_gradients_in_bfloat16_are_float32s_to_its_rounding(model):
    exact = gradients_in("float32", model)
    rounded = gradients_in("bfloat16", model)
    for name, gradient in exact.items():
        if name.endswith("key.bias"):
            continue  # softmax does not see it: its gradient is rounding
        assert rounded[name].dtype == torch.float32
        apart = (rounded[name] - gradient).norm() / gradient.norm()
        assert 0 < apart < 0.03, name


def test_in_bfloat16_products_are_and_the_stream_is_not():
    kinds = {}

    def note(path):
        return lambda _module, _args, out: kinds.update({path: out.dtype})

    state = state_in("bfloat16")
    for path, module in state.model.named_modules():
        if path != "rotary":
            module.register_forward_hook(note(path))
    state.backend.loss(IDS[:, :-1], IDS[:, 1:])
    half, whole = torch.bfloat16, torch.float32
    for part in ("attention.query", "attention.output", "mlp.gate"):
        assert kinds[f"blocks.1.{part}"] == half
    # A norm's result is rounded, for the products that read it.
    for part in ("attention_norm", "attention.query_norm", "mlp_norm"):
        assert kinds[f"blocks.1.{part}"] == half
    assert kinds["blocks.1"] == whole
    # Who evaluates or samples the same model is not concerned.
    assert state.model(IDS[:, :-1]).dtype == whole


def losses_in(kind: str) -> list[float]:
    state = state_in(kind)
    return [
        take_step(state, 1.0, IDS[:, :-1], IDS[:, 1:])[0] for _ in range(12)
    ]


def test_a_model_learns_in_bfloat16_as_in_float32():
    exact, rounded = losses_in("float32"), losses_in("bfloat16")
    assert exact[-1] < 0.5 * exact[0]
    assert rounded == pytest.approx(exact, rel=0.03)
    assert rounded != exact


@pytest.mark.parametrize(
    ("bfloat16", "fast"),
    [((9.0, 1.9, 3.0), True), ((9.0, 2.1, 3.0), False)],
)
def test_the_probe_compares_the_best_of_three(bfloat16, fast, monkeypatch):
    times = {
        torch.float32: iter([4.0, 2.0, 7.0]),
        torch.bfloat16: iter(bfloat16),
    }
    monkeypatch.setattr(
        precision, "_time_product", lambda _, kind: next(times[kind])
    )
    assert has_fast_bfloat16() == fast


def test_the_probe_is_done_in_a_moment():
    began = time.monotonic()
    assert has_fast_bfloat16() in (True, False)
    assert time.monotonic() - began < 5


def test_a_twin_has_no_bfloat16():
    with pytest.raises(UserError, match="numpy computes in float32 only"):
        replace(RECIPE.training, backend="numpy", precision="bfloat16")
    with pytest.raises(UserError, match='mean "bfloat16"'):
        replace(RECIPE.training, precision="bfloat")
