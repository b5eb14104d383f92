"""What is seen while a model is made, where output is a file."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from octavo.cli import live as module
from octavo.cli.live import Live, indented
from octavo.training import Moment, Verdict


@pytest.fixture
def live() -> Live:
    watcher = Live()
    watcher.console = Console(file=io.StringIO(), width=40)
    return watcher


def said(live: Live) -> str:
    return live.console.file.getvalue()


def moment(step: int) -> Moment:
    return Moment(
        step=step,
        num_steps=60,
        loss=2.5,
        tokens_per_second=1234.5,
        seconds_left=9.6,
    )


def test_notes_are_whole_lines_and_no_markup(live):
    line = "a [bold]note[/bold] that is longer than the line is wide"
    live.noted(line)
    assert said(live) == line + "\n"


def test_a_sample_stands_under_its_step(live):
    live.sampled(0, 60, "KING.\nnoise \x1b[2J [red]\n\n")
    live.glanced(30, 2.125)
    live.sampled(30, 60, "\nKING.\n\nWhat shall the roar of my hands be, "
                 "and make his sword?")  # fmt: skip
    assert [line.rstrip() for line in said(live).split("\n")] == [
        "",
        "after 0 of 60 steps",
        "    KING.",
        "    noise \ufffd[2J [red]",
        "",
        "after 30 of 60 steps  held-out 2.12",
        "bits/byte",
        "    KING.",
        "",
        "    What shall the roar of my hands be,",
        "    and make his sword?",
        "",
    ]


def test_a_file_gets_a_line_now_and_then(live, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    live.told = 0.0
    live.glanced(1, 3.0)
    for seconds in (1.0, 11.0, 12.0, 22.5):
        now[0] = seconds
        live.stepped(moment(step=int(seconds)))
    facts = "loss 2.50  held-out 3.00 bits/byte  1,234 tokens/s  10 s left"
    assert said(live).splitlines() == [
        f"step {step}/60  {facts}" for step in (11, 22)
    ]


def test_the_bar_shows_one_piece_of_work_at_a_time(live):
    live.working("learning a vocabulary", 3, 10)
    live.stepped(moment(5))
    (task,) = live.bar.tasks
    assert (task.description, task.completed, task.total) == (
        "step 5/60", 5, 60,
    )  # fmt: skip
    assert task.fields["facts"] == "loss 2.50  1,234 tokens/s"
    live.stepped(moment(6))
    (task,) = live.bar.tasks
    assert (task.description, task.completed) == ("step 6/60", 6)
    live.working("judging", 1, 4)
    (task,) = live.bar.tasks
    assert (task.description, task.fields["facts"]) == ("judging", "")


def test_the_track_is_explained_when_it_changes(live):
    for step, found in ((2, 3.0), (3, 3.1), (4, 4.0)):
        live.tracked(step, Verdict(share=0.1, found=found, expected=3.0))
    said_so = " ".join(said(live).split())
    assert said_so.count("On track: 3.00 bits per byte in training") == 1
    assert "where 3.00 is usual (it learns as recorded runs" in said_so
    assert said_so.count("track:") == 1
    assert "Behind: 4.00 bits per byte in training at 10%" in said_so
    live.stepped(moment(5))
    (task,) = live.bar.tasks
    assert task.fields["facts"] == "loss 2.50  behind  1,234 tokens/s"


def test_a_wrapped_line_stays_indented():
    console = Console(file=io.StringIO(), width=20)
    for line in ("one two three four five", "", "six"):
        console.print(indented(line))
    lines = console.file.getvalue().splitlines()
    assert [line.rstrip() for line in lines] == [
        "    one two three",
        "    four five",
        "",
        "    six",
    ]


def test_at_80_columns_everything_is_seen():
    live = Live()
    console = Console(
        file=io.StringIO(), width=80, force_terminal=True, color_system=None
    )
    live.stepped(replace(moment(61_234), num_steps=100_000))
    live.glanced(61_234, 2.125)
    live.tracked(61_234, Verdict(share=0.6, found=3.0, expected=3.0))
    live.stepped(replace(moment(61_235), num_steps=100_000))
    console.print(live.bar.get_renderable())
    bar, facts = console.file.getvalue().splitlines()
    assert bar.startswith("step 61235/100000 ━━━━━━━━━━━━━━━━━━━━━━━━━")
    assert bar.endswith(" left")
    assert len(bar) == 80
    assert facts.rstrip() == (
        "loss 2.50  held-out 2.12 bits/byte  on track  1,234 tokens/s"
    )
    live.working("judging", 1, 4)
    console.print(live.bar.get_renderable())
    assert console.file.getvalue().count("\n") == 3  # nothing to say of it


def test_the_loss_shown_is_the_mean_of_the_latest(live):
    for step in range(1, 31):
        live.stepped(replace(moment(step), loss=float(step)))
    (task,) = live.bar.tasks
    assert task.fields["facts"].startswith("loss 20.50 ")  # of 11 to 30
