"""A fine-tuned run is a run: it loads elsewhere, stops and goes on."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from octavo.evaluation import score_model
from octavo.finetuning import preparing
from octavo.finetuning.choosing import TuningWish
from octavo.finetuning.learning import trained_loss
from octavo.finetuning.messages import exchange
from octavo.finetuning.pace import speed_of
from octavo.finetuning.packing import pack
from octavo.finetuning.preparing import (
    TunedRun,
    open_run,
    prepare_tuning,
)
from octavo.finetuning.recipe import Tuning
from octavo.finetuning.rendering import render
from octavo.finetuning.rewards import RewardBackend, Trials
from octavo.finetuning.tuning import finetune, from_conversations
from octavo.foundation import UserError
from octavo.interop import load_model
from octavo.model import ModelConfig, Transformer
from octavo.training import (
    DataRecipe,
    Recipe,
    Run,
    TrainingRecipe,
    Watcher,
    prepare_from_recipe,
    train,
)
from octavo.training.chart import draw_run

SAID = [
    exchange(f"What follows {n}?", f"After {n} comes {n + 1}.")
    for n in range(24)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Run:
    room = tmp_path_factory.mktemp("base")
    text = room / "sheep.txt"
    lines = (f"{n} sheep and {n * 7 % 10} lambs,\n" for n in range(100))
    text.write_text("".join(lines), "utf-8")
    recipe = Recipe(
        data=DataRecipe(corpus=str(text), vocab_size=270),
        model=ModelConfig(
            vocab_size=270, context=64, num_layers=2, width=32,
            num_heads=2, num_kv_heads=1, head_width=16, mlp_width=48,
        ),
        training=TrainingRecipe(tokens=24 * 64, batch_size=2),
    )  # fmt: skip
    run = prepare_from_recipe(recipe, room / "run")
    assert train(run) is not None
    return run


def prepared(base: Run, out: Path, rank=0, reward="") -> TunedRun:
    wish = TuningWish(
        base=base.folder,
        examples="counting",
        epochs=1.5 if reward else 3.0,
        lora_rank=rank,
        reward=reward,
    )
    return prepare_tuning(wish, SAID, out)


def loss(model, run: Run) -> float:
    said = pack([render(run.tokenizer, each) for each in SAID])
    with torch.inference_mode():
        return float(trained_loss(model, *said))


# PEFT asks transformers for what that is about to rename.
@pytest.mark.filterwarnings(
    "ignore:.is_gradient_checkpointing:FutureWarning"
)
@pytest.mark.parametrize("rank", [0, 4])
def test_it_learns_and_loads_in_transformers(base, tmp_path, rank):
    run = prepared(base, tmp_path / "run", rank)
    score = finetune(run)
    model = load_model(run.folder)
    before = loss(load_model(base.folder), run)
    assert loss(model, run) < 0.95 * before
    assert score == score_model(model, base.held_out, base.tokenizer)
    then = json.loads((run.folder / "before.json").read_text())
    ours = score_model(
        load_model(base.folder), base.held_out, base.tokenizer
    )
    assert then["bits_per_byte"] == ours.bits_per_byte
    ids = torch.arange(40)[None] + 100
    theirs = AutoModelForCausalLM.from_pretrained(run.folder)
    with torch.inference_mode():
        right = theirs(ids).logits
        torch.testing.assert_close(model(ids), right, rtol=0, atol=1e-4)
        if rank:
            bare = AutoModelForCausalLM.from_pretrained(base.folder)
            plain = bare(ids).logits.clone()
            merged = PeftModel.from_pretrained(bare, run.folder / "adapter")
            found = merged(ids).logits
            torch.testing.assert_close(found, right, rtol=0, atol=1e-4)
            assert (plain - right).abs().max() > 0.1


def test_rewarded_answers_are_drawn_and_learned_a_little_colder(
    base, tmp_path
):
    course = from_conversations(
        prepared(base, tmp_path / "run", reward="sums")
    )
    assert isinstance(course.state.backend, RewardBackend)
    assert isinstance(course.lessons, Trials)
    assert course.state.backend.temperature == 0.6
    assert course.lessons.temperature == 0.6


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), 11])
def test_a_temperature_that_nothing_can_be_drawn_at(wrong):
    with pytest.raises(UserError, match="above 0, up to 10"):
        Tuning(base="", examples="", conversations=1, temperature=wrong)


@pytest.mark.parametrize(
    ("rank", "reward"), [(0, ""), (4, ""), (0, "sums")]
)
def test_stopped_and_gone_on_it_is_the_same_run(
    base, tmp_path, rank, reward
):
    whole, halves = (
        prepared(base, tmp_path / name, rank, reward) for name in ("a", "b")
    )
    finetune(whole)
    calls = iter([False, False] + [True] * 100)
    assert finetune(halves, stop=lambda: next(calls)) is None
    finetune(open_run(halves.folder))
    draw_run(whole, tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    sums = "answers: the share that is wrong"
    measure = sums if reward else "what is learned: nats a token"
    assert f"<!-- {measure} -->" in drawn
    for name in ("model.safetensors", "tuning.toml"):
        one, other = (
            (run.folder / name).read_bytes() for run in (whole, halves)
        )
        assert one == other, name


def test_minutes_decide_the_epochs(base, tmp_path, monkeypatch):
    monkeypatch.setattr(preparing, "speed_of", lambda *_: 1000.0)
    wish = TuningWish(base=base.folder, examples="counting", minutes=1.0)
    recipe = prepare_tuning(wish, SAID, tmp_path / "run").recipe
    # A minute, less 4 seconds around it and the judging; 8% for looks.
    assert 30_000 < recipe.training.tokens < 56_000 / 1.08
    read = [render(base.tokenizer, each).ids for each in SAID]
    epochs = recipe.training.tokens / sum(map(len, read))
    # A quarter of the tokens is rehearsed, and no conversation.
    assert recipe.tuning.epochs == pytest.approx(0.75 * epochs, rel=1e-4)


@pytest.mark.parametrize(("minutes", "told"), [(0.1, True), (1.0, False)])
def test_too_few_minutes_are_told(
    base, tmp_path, monkeypatch, minutes, told
):
    class Hearing(Watcher):
        def noted(self, line: str) -> None:
            heard.append(line)

    heard: list[str] = []
    monkeypatch.setattr(preparing, "speed_of", lambda *_: 100.0)
    wish = TuningWish(
        base=base.folder, examples="counting", minutes=minutes
    )
    prepare_tuning(wish, SAID, tmp_path / "run", Hearing())
    warned = [line for line in heard if "never read" in line]
    assert len(warned) == told
    # 24 conversations, about 600 tokens, and 200 rehearsed: 8 seconds.
    assert all("24 conversations" in line for line in warned)


def test_what_is_rehearsed_is_forgotten_less(base, tmp_path):
    forgotten = {}
    for share in (0.0, 0.5):
        wish = TuningWish(
            base=base.folder,
            examples="counting",
            epochs=3.0,
            rehearsal=share,
        )
        run = prepare_tuning(wish, SAID, tmp_path / str(share))
        score = finetune(run)
        assert score is not None
        forgotten[share] = score.bits_per_byte - run.bits_before
    assert forgotten[0.5] < forgotten[0.0] - 0.01


@pytest.mark.parametrize("rank", [0, 4])
def test_to_measure_the_speed_moves_nothing(base, tmp_path, rank):
    run = prepared(base, tmp_path / "run", rank)
    model = Transformer(base.recipe.model)
    before = {n: x.clone() for n, x in model.state_dict().items()}
    read = [render(run.tokenizer, each) for each in SAID]
    assert speed_of(run.recipe, model, read, run.train) > 0
    assert all(
        torch.equal(x, before[n]) for n, x in model.state_dict().items()
    )
    assert all(p.grad is None for p in model.parameters())
