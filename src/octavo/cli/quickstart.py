"""`octavo quickstart`: from nothing to verse."""

from pathlib import Path

import click
from rich.console import Console

from octavo.cli.live import Live, indented
from octavo.cli.train import report, train_or_pause
from octavo.foundation.text import quoted
from octavo.training import Wish, prepare, write_verse

CORPUS = "shakespeare"
PROMPT = "KING.\n"
LINES = 20
NEXT = """
Held-out text is what the model was not trained on: here, three whole plays.
Bits per byte say how hard it was to foretell: 8 would be a blind guess.

Next, for example:
  octavo generate {out} --prompt "ROMEO." --temperature 0.7
  octavo evaluate {out} --baselines
  octavo train --corpus {corpus} --minutes 10 --out runs/longer\
"""


@click.command
@click.option("--minutes", default=2.0, help="Train about this long.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/quickstart"),
    help="The new run's folder.",
)
@click.option("--seed", default=0, help="Decides every random choice.")
def command(minutes: float, out: Path, seed: int) -> None:
    """Train a small Shakespeare before your eyes, and let it write.

    Fetches the works once, holds three plays out, learns a vocabulary,
    trains a transformer on what is left, and measures it on the three.
    """
    wish = Wish(corpus=CORPUS, minutes=minutes, prompt=PROMPT, seed=seed)
    with Live() as live:
        run = prepare(wish, out, live)
        score = train_or_pause(run, live)
    if score is None:
        return
    click.echo(f"\n{LINES} lines by the model, from {PROMPT!r} on:\n")
    console = Console(highlight=False)
    for line in write_verse(run.folder, PROMPT, LINES):
        console.print(indented(line))
    report(run, score, as_json=False)
    click.echo(NEXT.format(out=quoted(out), corpus=quoted(Path(CORPUS))))
