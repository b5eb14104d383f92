"""What a terminal shows while a model is made."""

import time
from collections import deque
from collections.abc import Iterable
from statistics import fmean
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from octavo.cli.tables import plain_table
from octavo.foundation.text import printable
from octavo.training import Moment, Plan, Verdict, Watcher

PLAIN_SECONDS = 10.0  # between lines where there is no terminal
SMOOTHED = 20  # steps whose mean loss is shown: that of one is noise


class Bar(Progress):
    """A progress bar, and below it the facts of the work.

    On one line they would not fit into 80 columns.
    """

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield what is drawn, from top to bottom."""
        yield from super().get_renderables()
        for task in self.tasks:
            if facts := task.fields["facts"]:
                yield Text(facts, no_wrap=True, overflow="ellipsis")


class Live(Watcher):
    """A progress bar with samples above it; lines, where output is a file.

    Everything goes to standard error: standard output is for results.
    """

    def __init__(self, explain: bool = False) -> None:
        self.explain = explain
        self.console = Console(stderr=True, highlight=False)
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
            refresh_per_second=3,  # drawing must not cost training time
        )
        self.task: TaskID | None = None
        self.work, self.bits, self.track = "", "", ""
        self.losses: deque[float] = deque(maxlen=SMOOTHED)
        self.told = time.monotonic()

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def noted(self, line: str) -> None:
        """Print the line above the bar."""
        self.console.print(Text(line), soft_wrap=True)

    def planned(self, plan: Plan) -> None:
        """Print each number with its rule, and what else was weighed."""
        super().planned(plan)
        if self.explain and plan.candidates:
            self.console.print(candidates_table(plan))

    def working(self, label: str, done: int, total: int) -> None:
        """Move the bar of a piece of work."""
        self._show(label, done, total, label, "")

    def stepped(self, moment: Moment) -> None:
        """Move the bar of training, with the facts below it."""
        self.losses.append(moment.loss)
        step = f"step {moment.step}/{moment.num_steps}"
        facts = (
            f"loss {fmean(self.losses):.2f}{self.bits}{self.track}  "
            f"{moment.tokens_per_second:,.0f} tokens/s"
        )
        self._show("training", moment.step, moment.num_steps, step, facts)
        now = time.monotonic()
        if not self.console.is_terminal and now - self.told > PLAIN_SECONDS:
            left = f"{moment.seconds_left:.0f} s left"
            self.noted(f"{step}  {facts}  {left}")
            self.told = now

    def glanced(self, step: int, bits_per_byte: float) -> None:
        """Keep the figure for the facts."""
        self.bits = f"  held-out {bits_per_byte:.2f} bits/byte"

    def tracked(self, step: int, verdict: Verdict) -> None:
        """Keep the word for the facts; when it is another, say why."""
        word = f"  {verdict.word}"
        if word != self.track:
            self.noted(str(verdict).capitalize())
        self.track = word

    def sampled(self, step: int, num_steps: int, text: str) -> None:
        """Print the sample above the bar."""
        self.console.print()
        title = f"after {step} of {num_steps} steps{self.bits}"
        self.console.print(Text(title, style="bold"))
        for line in text.strip("\n").splitlines():
            self.console.print(indented(line, style="cyan"))

    def _show(
        self, work: str, done: int, total: int, label: str, facts: str
    ) -> None:
        """Show how far a piece of work is; for another one, a new bar."""
        if self.task is None or work != self.work:
            if self.task is not None:
                self.bar.remove_task(self.task)
            self.work = work
            self.task = self.bar.add_task(label, facts=facts)
        self.bar.update(
            self.task,
            completed=done,
            total=total,
            description=label,
            facts=facts,
        )


def candidates_table(plan: Plan) -> Table:
    """Return the sizes with what each would reach; the best is marked."""
    table = plain_table(
        "size", "parameters in blocks", "tokens/s", "tokens",
        "expected bits/byte", "",
        numbers=("parameters in blocks", "tokens/s", "tokens",
                 "expected bits/byte"),
    )  # fmt: skip
    best = min(c.bits_per_byte for c in plan.candidates)
    for c in plan.candidates:
        table.add_row(
            c.size,
            f"{c.parameters:,}",
            f"{c.speed:,.0f}",
            f"{c.tokens:,}",
            f"{c.bits_per_byte:.3f}",
            "lowest" if c.bits_per_byte == best else "",
        )
    return table


def indented(line: str, style: str = "") -> RenderableType:
    """Return a line of a model's, indented also where it is wrapped."""
    text = Text(printable(line), style=style)
    # Padding around nothing would be no line at all.
    return Padding(text, (0, 0, 0, 4), expand=False) if line else text
