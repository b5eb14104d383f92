"""`octavo quickstart`: from nothing to verse."""

from pathlib import Path

import click

from octavo.cli.live import Live
from octavo.cli.train import report, train_or_pause
from octavo.foundation.text import printable
from octavo.training import Wish, prepare, write_verse

PROMPT = "KING.\n"
LINES = 20


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
    wish = Wish(
        corpus="shakespeare",
        minutes=minutes,
        prompt=PROMPT,
        seed=seed,
    )
    with Live() as live:
        run = prepare(wish, out, live)
        score = train_or_pause(run, live)
    if score is None:
        return
    click.echo(
        f"\nTwenty lines by the model, from {PROMPT.strip()!r} on:\n"
    )
    for line in write_verse(run.folder, PROMPT, LINES):
        click.echo("    " + printable(line))
    report(run, score, as_json=False)
    click.echo(
        "\nNext, for example:\n"
        f'  octavo generate {out} --prompt "ROMEO." --temperature 0.7\n'
        f"  octavo evaluate {out} --baselines\n"
        "  octavo train --corpus shakespeare --minutes 10 --out runs/longer"
    )
