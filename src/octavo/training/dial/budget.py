"""The budget: from minutes and speeds to tokens, and back to times."""

from dataclasses import dataclass

from octavo.training.dial.plan import Times

# Samples, glances, checkpoints, and what a probe does not see, take this
# share of the steps' time.
LOOKS_SHARE = 0.08
AROUND = 4.0  # seconds before the text is there, and for the curve
# However long the start took, steps get this share of the minutes.
LEAST_STEPPING = 0.2


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a recipe is on this machine, and what is not its steps."""

    speed: float  # tokens a second, in training
    judging: float  # seconds for the closing evaluation
    starting: float  # seconds for reading, vocabulary and probe

    def tokens(self, minutes: float) -> int:
        """Return how many tokens fit into the minutes."""
        seconds = 60 * minutes
        left = seconds - self.starting - AROUND - self.judging
        left = max(left, LEAST_STEPPING * seconds)
        return max(1, int(self.speed * left / (1 + LOOKS_SHARE)))

    def rule(self, minutes: float) -> str:
        """Say how they were counted."""
        return (
            f"speed times {minutes:g} min, less "
            f"{self.starting + AROUND:.0f} s for the start, "
            f"{self.judging:.0f} s for judging, {LOOKS_SHARE:.0%} for looks"
        )

    def times(self, tokens: int) -> Times:
        """Return where the time of a run goes."""
        steps = tokens / self.speed
        return Times(
            starting=self.starting + AROUND,
            steps=steps,
            looks=steps * LOOKS_SHARE,
            judging=self.judging,
        )
