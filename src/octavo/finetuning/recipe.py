"""The recipe of fine-tuning: a run's recipe, and what it was taught."""

from dataclasses import dataclass
from typing import ClassVar

from octavo.foundation import UserError, check_known
from octavo.training import Recipe

REWARDS = ("sums",)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """From which run, on what, how often.

    `base` and `examples` are as they were named; the weights and the
    conversations themselves are in the folder. Of those, `conversations`
    fit the context. `epochs` is how often each is read. Of what is read
    the share `rehearsal` is the base's own training text. `lora_rank` is
    0 where the whole model learns. With a `reward` the conversations are
    questions only, which the model answers for it, at that `temperature`.
    """

    base: str
    examples: str
    conversations: int
    epochs: float = 2.0
    rehearsal: float = 0.0
    lora_rank: int = 0
    reward: str = ""
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.epochs <= 1000:
            raise UserError(
                f"epochs is {self.epochs}; it must be above 0, up to 1000"
            )
        if not 0 <= self.rehearsal < 1:
            raise UserError(
                f"the share of rehearsal is {self.rehearsal}; it must be "
                "0 or more, and below 1"
            )
        if not 0 <= self.lora_rank <= 1024:
            raise UserError(
                f"the rank is {self.lora_rank}; it must be from 1 to 1024, "
                "or 0 to teach the whole model"
            )
        if not 0 < self.temperature <= 10:
            raise UserError(
                f"temperature is {self.temperature}; it must be above 0, "
                "up to 10"
            )
        check_known("reward", [self.reward], ("", *REWARDS))
        if self.reward and self.lora_rank:
            raise UserError(
                "rewards teach the whole model: leave out --lora"
            )
        if self.reward and self.rehearsal:
            raise UserError(
                "rewards come from answers alone: leave out --rehearse"
            )


@dataclass(frozen=True, kw_only=True)
class TuningRecipe(Recipe):
    """All choices of a fine-tuned run, in `tuning.toml`.

    `training.batch_size` is how many conversations a step reads, and
    `training.tokens` what that comes to in all.
    """

    FILE: ClassVar[str] = "tuning.toml"

    tuning: Tuning

    @property
    def measure(self) -> str:
        """What a step's loss is."""
        if self.tuning.reward:
            return "answers: the share that is wrong"
        return "what is learned: nats a token"

    @property
    def num_steps(self) -> int:
        """How many packs the epochs make, at least one."""
        read = self.tuning.epochs * self.tuning.conversations
        return max(1, round(read / self.training.batch_size))
