"""On track, behind, or ahead: beside a run that the test records itself."""

import math
from dataclasses import replace

import pytest

from octavo.training import Metrics, prepare_from_recipe, track, train
from octavo.training.dial import table
from octavo.training.dial.law import Law
from octavo.training.dial.table import Family, Recorded, hardness
from octavo.training.track import Track, Verdict, curve_of

FLAT = Law(
    floor=2.0, size=0.0, size_power=0.5,
    data=0.0, data_power=0.5, patience=8.0,
)  # fmt: skip
STEPS = 80


def run_of(recipe, folder, recorder=None, rate=0.1, **changes):
    """Train the small recipe for a while, with other settings."""
    training = recipe.training
    training = replace(
        training, tokens=STEPS * 64, **changes,
        matrix_learning_rate=rate * training.matrix_learning_rate,
        other_learning_rate=rate * training.other_learning_rate,
    )  # fmt: skip
    run = prepare_from_recipe(replace(recipe, training=training), folder)
    train(run, recorder)
    return run


@pytest.fixture(scope="module")
def usual(recipe, tmp_path_factory):
    return run_of(recipe, tmp_path_factory.mktemp("usual") / "run")


@pytest.fixture
def family(usual, monkeypatch):
    """Make a table of that one run."""
    text = float(usual.train.num_bytes.sum())
    per_token = text / len(usual.train.ids)
    losses = [loss for _, loss in Metrics.read(usual.folder).of("loss")]
    to_bits = 1 / math.log(2) / per_token
    size = table.block_parameters(usual.recipe.model)
    recorded = Recorded(
        size="tiny", tokens=STEPS * 64, parameters=size, text=text,
        read=STEPS * 64 * per_token, bits_per_byte=2.0,
        curve=tuple(x * to_bits for x in curve_of(losses)),
    )  # fmt: skip
    hard = hardness(usual.train, usual.held_out, usual.tokenizer)
    made = Family(text="sheep", hardness=hard, law=FLAT, runs=(recorded,))
    monkeypatch.setattr(
        table, "families", lambda: {"bpe": made, "bytes": made}
    )
    return made


def test_a_curve_has_the_mean_of_each_twentieth():
    assert curve_of([float(n) for n in range(40)]) == [
        2 * part + 0.5 for part in range(20)
    ]
    # 50 steps end twentieths at 3, 5, 8, 10 ...: means of 3, 2, 3, 2 ...
    assert curve_of([float(n) for n in range(50)])[:3] == [1.0, 3.5, 6.0]


def test_a_run_is_its_own_track(usual, family):
    """At every twentieth but the first it is exactly where it was."""
    found = Track.of(usual)
    losses = Metrics.read(usual.folder).of("loss")
    verdicts = {
        step: found.judge(step, STEPS, losses[:step])
        for step in range(1, STEPS + 1)
    }
    judged = [step for step, verdict in verdicts.items() if verdict]
    assert judged == list(range(8, STEPS + 1, 4))
    for step in judged:
        verdict = verdicts[step]
        assert verdict.share == step / STEPS
        assert verdict.found == pytest.approx(verdict.expected)
        assert verdict.word == "on track"


def test_another_seed_is_on_track(recipe, family, tmp_path, recorder):
    run_of(recipe, tmp_path / "run", recorder, seed=9)
    words = [verdict.word for _, verdict in recorder.of("tracked")]
    assert len(words) == 19
    assert words.count("on track") >= 17


def test_a_far_too_low_learning_rate_is_behind(
    recipe, family, tmp_path, recorder
):
    run = run_of(recipe, tmp_path / "run", recorder, rate=0.001)
    told = recorder.of("tracked")
    words = [verdict.word for _, verdict in told]
    assert words[4:] == ["behind"] * 15  # at first, all know nothing
    rows = Metrics.read(run.folder).of("track")
    assert [word for _, word in rows] == words
    (_, last) = told[-1]
    assert str(last).startswith(
        f"behind: {last.found:.2f} bits per byte in training at 100%, "
        f"where {last.expected:.2f} is usual (learning rate?"
    )


@pytest.mark.parametrize(
    ("found", "word"),
    [(2.21, "behind"), (2.19, "on track"), (1.81, "on track"),
     (1.79, "ahead")],
)  # fmt: skip
def test_a_tenth_is_tolerated(found, word):
    assert Verdict(share=0.5, found=found, expected=2.0).word == word


def test_the_law_scales_the_track(usual, family, monkeypatch):
    """Where the law expects half as much again, so does the track."""
    runs = (replace(family.runs[0], read=family.runs[0].read / 2),)
    law = replace(FLAT, data=1.0, data_power=1.0, floor=0.0)
    made = replace(family, law=law, runs=runs)
    monkeypatch.setattr(table, "families", lambda: {"bpe": made})
    found = Track.of(usual)
    model, t = usual.recipe.model, usual.recipe.training.tokens
    outlook = table.Outlook.of(usual.train, usual.held_out, usual.tokenizer)
    there = law.bits_per_byte(1.0, runs[0].read, runs[0].text)
    scale = outlook.bits_per_byte(model, t) / there
    assert scale < 1
    assert found.usual == pytest.approx(
        [scale * x for x in family.runs[0].curve]
    )


@pytest.mark.parametrize(
    "far", [{"parameters": 4}, {"read": 1e9}, {"hardness": 1.3}]
)
def test_what_is_not_alike_has_no_track(
    usual, family, monkeypatch, far, tmp_path, recorder
):
    if "hardness" in far:
        made = replace(family, hardness=family.hardness * 1.3)
    else:
        made = replace(family, runs=(replace(family.runs[0], **far),))
    monkeypatch.setattr(table, "families", lambda: {"bpe": made})
    assert Track.of(usual) is None


def test_the_nearest_run_is_near_in_size_and_length(usual, family):
    outlook = table.Outlook.of(usual.train, usual.held_out, usual.tokenizer)
    near = family.runs[0]
    longer = replace(near, read=2 * near.read)
    larger = replace(near, parameters=3 * near.parameters)
    found = replace(
        outlook, family=replace(family, runs=(larger, longer, near))
    )
    model, tokens = usual.recipe.model, usual.recipe.training.tokens
    assert found.nearest(model, tokens) == near
    found = replace(outlook, family=replace(family, runs=(larger, longer)))
    assert found.nearest(model, tokens) == longer
    assert found.nearest(model, 10 * tokens) is None


def test_only_torch_has_a_track(usual, family, recipe):
    other = replace(recipe.training, backend="numpy")
    run = replace(usual, recipe=replace(usual.recipe, training=other))
    assert Track.of(usual) is not None
    assert Track.of(run) is None
    assert track.PARTS == 20
