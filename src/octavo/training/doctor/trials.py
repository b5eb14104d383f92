"""What a sweep found: how a recipe does at other learning rates.

A short training likes higher rates than a long one. Sixteen times the steps
took a quarter of the rate (LOG.md, 2026-11-25), so that what was best is
scaled by the square root of the lengths' ratio before it is advised.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from octavo.foundation import UserError
from octavo.foundation.checksums import read_sealed, write_sealed

AS_GOOD = 0.02  # of the best: another seed makes as much of a difference
SLACK = 2.0  # times the rate: the scaling is not to be trusted further
FEWEST = 3  # trials: the recipe's own rates, and one on each side
RECORD, PICTURE = "sweep.json", "sweep.png"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A short training: its rates, as a multiple of the recipe's own."""

    times: float
    bits_per_byte: float | None  # held-out; None: the loss was no number
    losses: tuple[float, ...]  # nats per token, of every step


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Trials of one recipe, from the lowest rate to the highest."""

    tokens: int  # that each trial read
    run_tokens: int  # that the whole run reads
    matrix_rate: float  # the recipe's own
    other_rate: float
    trials: tuple[Trial, ...]

    @property
    def sound(self) -> dict[float, float]:
        """Bits per byte by multiple, of the trials that came through."""
        return {
            trial.times: trial.bits_per_byte
            for trial in self.trials
            if trial.bits_per_byte is not None
        }

    @property
    def best(self) -> float:
        """The multiple that did best."""
        return min(self.sound, key=lambda times: self.sound[times])

    @property
    def valley(self) -> tuple[float, float]:
        """The lowest and the highest multiple that did about as well."""
        enough = (1 + AS_GOOD) * self.sound[self.best]
        good = [t for t, bits in self.sound.items() if bits <= enough]
        return min(good), max(good)

    @property
    def scale(self) -> float:
        """What scales a trial's rate to one for the whole run."""
        return math.sqrt(min(1.0, self.tokens / self.run_tokens))

    @property
    def advised(self) -> float:
        """The multiple to try for the whole run."""
        return self.best * self.scale

    @property
    def own_is(self) -> str:
        """Whether the recipe's own rates are "right", or else what."""
        if len(self.sound) < FEWEST:
            return "unknown"
        low, high = self.valley
        if low * self.scale > SLACK:
            return "too low"
        return "too high" if high < 1 else "right"

    @property
    def at_edge(self) -> bool:
        """Whether nothing beyond the best rate was tried."""
        tried = [trial.times for trial in self.trials]
        return self.best in (min(tried), max(tried))

    @property
    def verdict(self) -> str:
        """What that means for the recipe, in plain words."""
        if self.own_is == "unknown":
            return "Too few rates were tried to tell which ones are good."
        low, high = (f"{t * self.matrix_rate:.2g}" for t in self.valley)
        good = low if low == high else f"{low} to {high}"
        lines = [f"In trainings this short, {good} does best for matrices."]
        if self.at_edge:
            lines.append("Nothing beyond was tried: sweep from there.")
        if self.scale < 1:
            longer = self.run_tokens / self.tokens
            lines.append(
                f"The run is {longer:.1f} times as long: it wants lower "
                "ones."
            )
        if self.own_is == "right":
            lines.append("The recipe's rates are right.")
        else:
            times = max(self.advised, 1 / self.advised)
            lines.append(
                f"The recipe's rates are about {times:.2g} times "
                f"{self.own_is}: try {self.advised * self.matrix_rate:.2g}."
            )
        return " ".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return what it found, for programs: all but the curves."""
        return {
            "tokens": self.tokens,
            "own_is": self.own_is,
            "best_times": self.best,
            "advised_times": self.advised,
            "matrix_learning_rate": self.advised * self.matrix_rate,
            "other_learning_rate": self.advised * self.other_rate,
            "bits_per_byte": {
                f"{trial.times:g}": trial.bits_per_byte
                for trial in self.trials
            },
        }

    def save(self, folder: Path) -> None:
        """Keep it with its run."""
        write_sealed(folder / RECORD, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read a run's sweep; None if it has none."""
        path = folder / RECORD
        if not path.is_file():
            return None
        try:
            content = read_sealed(path)
            rows = content.pop("trials")
            return cls(
                trials=tuple(
                    Trial(**row | {"losses": tuple(row["losses"])})
                    for row in rows
                ),
                **content,
            )
        except (KeyError, TypeError, UserError) as error:
            raise UserError(
                f"{path} is no record of a sweep, or damaged: remove it"
            ) from error
