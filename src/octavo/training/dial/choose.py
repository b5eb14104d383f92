"""The choice: from a question to a plan.

For each size that is open: its speed, hence its tokens in the minutes,
hence the loss that the law expects. The lowest wins.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from octavo.training.batches import Batches
from octavo.training.dial.budget import Pace
from octavo.training.dial.facts import ASKED, facts_of
from octavo.training.dial.plan import Candidate, Fact, Plan
from octavo.training.dial.probe import (
    FINAL_SECONDS,
    PROBE_SECONDS,
    measure_judging,
    measure_speed,
    speed_between,
    ways_to_compute,
)
from octavo.training.dial.question import Question, changed
from octavo.training.dial.sizes import SIZES
from octavo.training.dial.table import block_parameters, matrix_parameters
from octavo.training.memory.precision import AUTO, open_precisions
from octavo.training.memory.prediction import (
    is_predictable,
    predict_memory,
)
from octavo.training.recipe import Recipe, TrainingRecipe

FORWARD = 3.0  # times as fast is judging, before it is measured


def choose(question: Question) -> Plan:
    """Return the plan for a wish.

    With --tokens nothing is timed but a product in each precision, so that
    the plan is the same each time.
    """
    if question.wish.tokens is not None:
        return choose_by_tokens(question, question.wish.tokens)
    return Chooser(question).choose()


def choose_by_tokens(question: Question, tokens: int) -> Plan:
    """Plan for a number of tokens, whatever time they take."""
    size = question.wish.size or "tiny"
    rule = "the smallest, when neither size nor minutes are set"
    draft = changed(question.draft(size), tokens=tokens)
    precision = precision_fact(question, draft.training)
    return plan_of(
        question,
        question.fitted(changed(draft, precision=precision.value)),
        size_fact(size, ASKED if question.wish.size else rule),
        Fact("threads", str(draft.training.threads), "all there are"),
        precision,
        tokens_fact(question, tokens, ASKED),
    )


def timed(question: Question, plan: Plan) -> Plan:
    """Return a plan with its times, measured if they are not."""
    if plan.times is not None:
        return plan
    starting = time.monotonic() - question.began  # a run takes no probe
    pace = Chooser(question).pace(plan.recipe)
    pace = replace(pace, starting=starting)
    times = pace.times(plan.recipe.training.tokens)
    return replace(plan, times=times)


@dataclass(frozen=True)
class Chooser:
    """Whoever chooses by the minutes."""

    question: Question

    def choose(self) -> Plan:
        """Plan for the lowest loss that the minutes allow."""
        minutes = self.question.minutes
        drafts = self.question.drafts()
        drafts, speed, why = self.fastest_way(drafts)
        speeds = self.speeds(drafts, speed)
        candidates = [
            self.candidate(size, draft, speeds[size])
            for size, draft in drafts.items()
        ]
        best = min(candidates, key=lambda c: c.bits_per_byte)
        pace = self.pace(drafts[best.size])
        tokens = pace.tokens(minutes)
        rule = f"lowest expected loss in {minutes:g} min"
        if self.question.wish.memory_limit:
            rule += " and the memory"
        if self.question.wish.size is not None:
            rule = ASKED
        plan = plan_of(
            self.question,
            changed(drafts[best.size], tokens=tokens),
            size_fact(best.size, rule),
            *why,
            Fact("speed", f"{pace.speed:,.0f} tokens a second", "measured"),
            tokens_fact(self.question, tokens, pace.rule(minutes)),
        )
        return replace(
            plan,
            candidates=tuple(candidates),
            times=pace.times(tokens),
            memory=with_probe(plan, drafts),
        )

    def fastest_way(
        self, drafts: dict[str, Recipe]
    ) -> tuple[dict[str, Recipe], float, list[Fact]]:
        """Return drafts with the threads and precision that are fastest.

        They are tried on the smallest size, where threads gain least; its
        speed comes along.
        """
        smallest = next(iter(drafts.values()))
        asked = self.question.wish.precision
        kinds = [asked]
        if asked == AUTO:
            kinds = open_precisions(smallest.training)
        ways = ways_to_compute(smallest, kinds)
        tried = [self.speed(way) for way in ways]
        way = ways[tried.index(max(tried))].training
        drafts = {
            size: changed(
                draft, threads=way.threads, precision=way.precision
            )
            for size, draft in drafts.items()
        }
        threads = sorted({w.training.threads for w in ways})
        rule = fastest_of(sorted(kinds)) if asked == AUTO else ASKED
        return (
            drafts,
            max(tried),
            [
                Fact("threads", str(way.threads), fastest_of(threads)),
                Fact("precision", way.precision, rule),
            ],
        )

    def speeds(
        self, drafts: Mapping[str, Recipe], smallest: float
    ) -> dict[str, float]:
        """Return each size's speed; beside the smallest one is measured."""
        sizes = list(drafts)
        numbers = {s: matrix_parameters(d.model) for s, d in drafts.items()}
        measured = {numbers[sizes[0]]: smallest}
        if len(sizes) > 1:
            middle = middle_of(drafts)
            speed = self.speed(middle)
            measured[matrix_parameters(middle.model)] = speed
        return {
            size: speed_between(measured, number)
            for size, number in numbers.items()
        }

    def candidate(
        self, size: str, draft: Recipe, speed: float
    ) -> Candidate:
        """Return what the minutes would bring a size."""
        pace = self._pace(speed, FORWARD * speed)
        tokens = pace.tokens(self.question.minutes)
        bits = self.question.outlook.bits_per_byte(draft.model, tokens)
        return Candidate(
            size=size,
            parameters=block_parameters(draft.model),
            speed=speed,
            tokens=tokens,
            bits_per_byte=bits,
        )

    def speed(
        self, recipe: Recipe, seconds: float = PROBE_SECONDS
    ) -> float:
        """Return tokens per second in training."""
        batches = Batches.of(recipe, self.question.material.train)
        return measure_speed(recipe, batches, seconds)

    def pace(self, recipe: Recipe) -> Pace:
        """Measure how fast a recipe trains and is judged."""
        batches = Batches.of(recipe, self.question.material.train)
        speed = self.speed(recipe, FINAL_SECONDS)
        return self._pace(speed, measure_judging(recipe, batches))

    def _pace(self, speed: float, judging: float) -> Pace:
        """Return a pace from tokens per second in training and judging."""
        held_out = len(self.question.material.held_out.ids)
        return Pace(
            speed=speed,
            judging=held_out / judging,
            starting=time.monotonic() - self.question.began,
        )


def middle_of(drafts: Mapping[str, Recipe]) -> Recipe:
    """Return the recipe that is measured beside the smallest."""
    return list(drafts.values())[len(drafts) // 2]


def with_probe(plan: Plan, drafts: Mapping[str, Recipe]) -> int | None:
    """Return the most memory of a run that was preceded by probes."""
    if plan.memory is None:
        return None
    return max(plan.memory, predict_memory(middle_of(drafts)))


def plan_of(
    question: Question, recipe: Recipe, size: Fact, *facts: Fact
) -> Plan:
    """Return the plan of a recipe, with what is expected of it."""
    outlook, tokens = question.outlook, recipe.training.tokens
    bits = outlook.bits_per_byte(recipe.model, tokens)
    rule = outlook.rule(recipe.model, tokens)
    expected = Fact("expected", f"{bits:.2f} bits per byte", rule)
    others = facts_of(question.wish, recipe)
    training = recipe.training
    known = is_predictable(training.backend, training.device)
    return Plan(
        recipe=recipe,
        facts=(size, *others, *facts, expected),
        bits_per_byte=bits,
        memory=predict_memory(recipe) if known else None,
    )


def fastest_of(ways: Sequence[object]) -> str:
    """Say what was tried."""
    if len(ways) == 1:
        return "no other is worth a trial here"
    return f"the faster of {ways[0]} and {ways[1]}"


def size_fact(size: str, rule: str) -> Fact:
    """Tell the size."""
    layers, width, _ = SIZES[size]
    return Fact("size", f"{size}, {layers} layers {width} wide", rule)


def precision_fact(question: Question, training: TrainingRecipe) -> Fact:
    """Tell the precision, where no steps are timed."""
    asked = question.wish.precision
    if asked != AUTO:
        return Fact("precision", asked, ASKED)
    rule = "the faster one in a product"
    if training.backend != "torch":
        rule = f"the only one of the backend {training.backend}"
    return Fact("precision", open_precisions(training)[-1], rule)


def tokens_fact(question: Question, tokens: int, rule: str) -> Fact:
    """Tell the budget."""
    times = tokens / len(question.material.train.ids)
    value = f"{tokens:,}, {times:.2f} times through the text"
    return Fact("tokens", value, rule)
