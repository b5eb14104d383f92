"""The choice: sizes, batches and budgets, and what is said of them."""

from dataclasses import replace

import pytest

from octavo.foundation import UserError
from octavo.training import Wish
from octavo.training.dial import choose as choose_module
from octavo.training.dial.budget import Pace
from octavo.training.dial.choose import choose, timed
from octavo.training.dial.facts import batch_size_for
from octavo.training.dial.sizes import model_of
from octavo.training.memory.limit import least_memory, memory_for

from .conftest import LAW


def facts(plan):
    return {fact.name: (fact.value, fact.rule) for fact in plan.facts}


def test_a_model_has_the_shape_of_its_size():
    model = model_of("large", 4096)
    assert (model.num_layers, model.width, model.context) == (6, 384, 256)
    assert (model.num_heads, model.head_width) == (6, 64)
    assert (model.mlp_width, model.vocab_size) == (1152, 4096)
    asked = model_of("large", 4096, context=48)
    assert asked.context == 48


@pytest.mark.parametrize(
    ("context", "windows", "batch_size"),
    [
        (128, 999, 8),
        (1, 9999, 1024),
        (4096, 9, 1),
        (128, 3, 3),
        (128, 0, 1),
    ],
)
def test_a_step_reads_a_thousand_tokens_or_a_pass(
    context, windows, batch_size
):
    wish = Wish(corpus="c")
    assert batch_size_for(wish, context, windows) == batch_size
    assert batch_size_for(Wish(corpus="c", batch_size=7), context, 1) == 7


def test_the_minutes_become_tokens():
    pace = Pace(speed=1000.0, judging=6.0, starting=10.0)
    # 120 s less 10 and 4 and 6 are 100, of which looks have 8 in 108.
    assert pace.tokens(2.0) == 92_592
    assert pace.rule(2.0) == (
        "speed times 2 min, less 14 s for the start, 6 s for judging, "
        "8% for looks"
    )
    times = pace.times(92_592)
    assert (times.starting, times.judging) == (14.0, 6.0)
    assert times.steps == pytest.approx(92.592)
    assert times.looks == pytest.approx(7.407, abs=1e-3)
    assert times.total == pytest.approx(120, abs=0.01)
    # A start longer than the minutes leaves a fifth of them all the same.
    assert pace.tokens(0.1) == int(1000 * 1.2 / 1.08)
    assert pace.tokens(1e-9) == 1


def test_the_lowest_expected_loss_wins(ask, machine):
    plan = choose(ask(minutes=5.0))
    assert [c.size for c in plan.candidates] == ["tiny", "small", "medium"]
    best = min(plan.candidates, key=lambda c: c.bits_per_byte)
    assert facts(plan)["size"][0].startswith(f"{best.size}, ")
    assert plan.bits_per_byte == pytest.approx(best.bits_per_byte, rel=0.01)
    few, many = (
        choose(ask(minutes=minutes)).recipe.model for minutes in (0.02, 1e5)
    )
    # With time to read it over and over, only the size matters.
    assert (few.width, many.width) == (128, 256)


def test_a_candidate_is_expected_to_reach_what_the_law_says(ask, machine):
    question = ask(minutes=5.0)
    tiny, small, _ = choose(question).candidates
    assert (tiny.parameters, small.parameters) == (851_968, 1_916_928)
    assert tiny.speed == pytest.approx(1000.0)
    text = float(question.material.train.num_bytes.sum())
    read = tiny.tokens * text / len(question.material.train.ids)
    assert tiny.bits_per_byte == pytest.approx(
        LAW.bits_per_byte(851_968, read, text)
    )
    assert small.tokens < tiny.tokens


@pytest.mark.parametrize(
    ("speeds", "way"),
    [
        ({(1, "float32"): 50.0, (4, "float32"): 80.0}, (4, "float32")),
        ({(1, "float32"): 50.0, (4, "float32"): 20.0}, (1, "float32")),
        (
            {
                (1, "float32"): 50.0,
                (4, "float32"): 60.0,
                (1, "bfloat16"): 70.0,
                (4, "bfloat16"): 65.0,
            },
            (1, "bfloat16"),
        ),
    ],
)
def test_the_fastest_way_is_taken(ask, machine, monkeypatch, speeds, way):
    machine.clear()
    machine.update(speeds)
    monkeypatch.setattr(
        "octavo.training.dial.question.torch.get_num_threads", lambda: 4
    )
    plan = choose(ask(minutes=1.0, size="tiny"))
    training = plan.recipe.training
    assert (training.threads, training.precision) == way
    # Sixty seconds less one gone, four around and one of judging.
    assert training.tokens == int(speeds[way] * 54 / 1.08)
    assert facts(plan)["size"][1] == "as you asked"
    assert facts(plan)["threads"] == (str(way[0]), "the faster of 1 and 4")
    rule = "the faster of bfloat16 and float32"
    if len(speeds) == 2:
        rule = "no other is worth a trial here"
    assert facts(plan)["precision"] == (way[1], rule)
    assert facts(plan)["speed"][0] == f"{speeds[way]:.0f} tokens a second"


def test_tokens_are_taken_as_they_are(ask, machine, monkeypatch):
    def fail(*_):
        raise AssertionError("the plan must not depend on the clock")

    with monkeypatch.context() as patch:
        patch.setattr(choose_module, "measure_speed", fail)
        plan = choose(ask(tokens=5000))
    assert plan.recipe.training.tokens == 5000
    assert plan.times is None
    assert plan.candidates == ()
    assert facts(plan)["size"] == (
        "tiny, 4 layers 128 wide",
        "the smallest, when neither size nor minutes are set",
    )
    question = ask(tokens=5000, size="small")
    plan = choose(question)
    assert facts(plan)["size"][1] == "as you asked"
    times = timed(question, plan).times
    assert times.steps == pytest.approx(5.0)
    assert (times.starting, times.judging) == (5.0, 1.0)


def test_each_number_is_told_with_its_rule(ask, machine):
    plan = choose(ask(minutes=1.0, size="tiny", batch_size=2))
    lines = list(plan.lines())
    assert lines[0] == "The plan, each number with the rule behind it:"
    train = len(ask().material.train.ids)
    tokens = plan.recipe.training.tokens
    assert "  batch          2 windows: as you asked" in lines
    assert (
        f"  tokens         {tokens:,}, {tokens / train:.2f} times through "
        "the text: speed times 1 min, less 5 s for the start, 1 s for "
        "judging, 8% for looks"
    ) in lines
    names = [line.split()[0] for line in lines[1:]]
    assert names == [
        "size", "vocabulary", "context", "batch", "learning", "schedule",
        "threads", "precision", "speed", "tokens", "expected",
    ]  # fmt: skip


def test_a_size_is_open_if_it_was_recorded_and_fits(ask, family, machine):
    assert list(ask().drafts()) == ["tiny", "small", "medium"]
    assert list(ask(size="large").drafts()) == ["large"]
    # The text has some 700 tokens: too few for medium's 256 twice over.
    length = len(ask().material.train.ids)
    assert 256 < length < 1024
    own = replace(ask(), wish=Wish(corpus="c"))
    contexts = [d.model.context for d in own.drafts().values()]
    assert all(2 * context <= length for context in contexts)


def test_a_plan_can_be_written_as_json(ask, machine):
    content = choose(ask(minutes=1.0)).as_dict()
    assert content["recipe"]["training"]["tokens"] > 0
    assert content["times"]["total"] == pytest.approx(60, abs=0.1)
    assert len(content["candidates"]) == 3
    assert content["facts"][0]["name"] == "size"


def test_sizes_that_do_not_fit_are_not_weighed(ask, machine):
    limit = least_memory(ask().draft("small"))
    plan = choose(ask(minutes=1e5, memory_limit=limit))
    assert [c.size for c in plan.candidates] == ["tiny", "small"]
    assert memory_for(plan.recipe) <= limit
    named = facts(plan)
    assert named["size"][1].endswith("in 100000 min and the memory")
    assert named["memory limit"][0] == f"{-(-limit // 10**6)}MB"
    with pytest.raises(UserError, match="too low for 4 layers 128 wide"):
        choose(ask(minutes=1.0, memory_limit=10**6))


def test_a_batch_is_read_in_parts_to_fit(ask, machine):
    wish = {"tokens": 4096, "batch_size": 256}
    limit = memory_for(choose(ask(**wish)).recipe) - 1
    plan = choose(ask(**wish, memory_limit=limit))
    assert plan.recipe.training.accumulate == 2
    assert facts(plan)["to fit in it"][0] == "accumulate = 2"
    assert 1.2 * plan.memory <= limit


@pytest.mark.parametrize("budget", [{"tokens": 5000}, {"minutes": 1.0}])
def test_techniques_that_were_asked_for_are_taken(ask, machine, budget):
    machine[1, "bfloat16"] = machine[1, "float32"] + 1
    asked = {"precision": "float32", "accumulate": 2, "loss_chunk": 64}
    plan = choose(ask(**budget, batch_size=4, size="tiny", **asked))
    training = vars(plan.recipe.training)
    assert training.items() >= asked.items()
    assert not training["checkpoint_activations"]
    lines = list(plan.lines())
    assert "  precision      float32: as you asked" in lines
    assert "  memory         accumulate = 2: as you asked" in lines
    assert "  memory         loss_chunk = 64: as you asked" in lines
    # Nobody asked for a precision: the faster one.
    plan = choose(ask(**budget, size="tiny"))
    assert plan.recipe.training.precision == "bfloat16"


def test_a_limit_adds_to_what_was_asked_for(ask, machine):
    wish = {"tokens": 4096, "batch_size": 256, "accumulate": 2}
    limit = memory_for(choose(ask(**wish)).recipe) - 1
    plan = choose(ask(**wish, memory_limit=limit))
    assert plan.recipe.training.accumulate == 4
    named = [(fact.name, fact.value) for fact in plan.facts]
    assert ("memory", "accumulate = 2") in named
    assert ("to fit in it", "accumulate = 4") in named


@pytest.mark.parametrize(
    ("where", "known"),
    [({}, True), ({"backend": "numpy"}, False), ({"device": "mps"}, False)],
)
def test_memory_is_told_where_it_can_be_predicted(
    ask, machine, monkeypatch, where, known
):
    name = "octavo.training.dial.question.choose_device"
    monkeypatch.setattr(name, lambda device, _: device)
    assert (choose(ask(tokens=64, **where)).memory is not None) == known
