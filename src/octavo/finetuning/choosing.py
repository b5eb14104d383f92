"""From what somebody wants to teach to a recipe."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from octavo.finetuning.packing import mean_length
from octavo.finetuning.recipe import Tuning, TuningRecipe
from octavo.finetuning.rendering import Rendered
from octavo.foundation import UserError
from octavo.training import Recipe, TrainingRecipe

TOKENS_PER_STEP = 4096  # about; fewer where conversations are few,
STEPS_PER_EPOCH = 10  # so that a pass has at least about so many steps
# Of the rates that a base learned at, fine-tuning takes these shares; an
# adapter, which begins at nothing, has a rate of its own.
MATRIX_SHARE, OTHER_SHARE = 0.6, 0.6
LORA_RATE = 0.005
# Most of a rewarded step is chance: the rate is low, the steps are many,
# and answers are drawn a little colder than they are likely (LOG.md).
QUESTIONS_PER_STEP, REWARD_RATE, REWARD_TEMPERATURE = 8, 6e-5, 0.6
EPOCHS, REWARD_EPOCHS = 2.0, 0.3
REHEARSAL = 0.25


@dataclass(frozen=True, kw_only=True)
class TuningWish:
    """What somebody wants to teach; `examples` is its name in records."""

    base: Path
    examples: str
    epochs: float | None = None  # None: the usual ones
    lora_rank: int = 0
    rehearsal: float | None = None  # None: the usual share; in rewards 0
    reward: str = ""
    seed: int = 0
    minutes: float | None = None  # decides the epochs, if it is given

    def __post_init__(self) -> None:
        if self.minutes is not None and not self.minutes > 0:
            raise UserError(
                f"minutes is {self.minutes}; it must be more than 0"
            )
        if self.minutes is not None and self.epochs is not None:
            raise UserError(
                "minutes and epochs both say how long: give one of them"
            )
        if self.minutes is not None and self.reward:
            raise UserError(
                "how long rewards take is not known beforehand: give "
                "--epochs, not --minutes"
            )

    @property
    def epochs_or_usual(self) -> float:
        """How often conversations are read."""
        if self.epochs is not None:
            return self.epochs
        return REWARD_EPOCHS if self.reward else EPOCHS

    @property
    def rehearsed(self) -> float:
        """What share of all that is read is the base's own text."""
        if self.rehearsal is not None:
            return self.rehearsal
        return 0.0 if self.reward else REHEARSAL


def once(conversations: Sequence[Rendered], rehearsed: float) -> float:
    """Return how many tokens one pass reads, what is rehearsed too."""
    said = mean_length(conversations) * len(conversations)
    return said / (1 - rehearsed)


def recipe_for(
    wish: TuningWish, base: Recipe, conversations: Sequence[Rendered]
) -> TuningRecipe:
    """Derive every choice from a wish, the base's recipe, and lengths."""
    tuning = Tuning(
        base=str(wish.base),
        examples=wish.examples,
        conversations=len(conversations),
        epochs=wish.epochs_or_usual,
        rehearsal=wish.rehearsed,
        lora_rank=wish.lora_rank,
        reward=wish.reward,
        temperature=REWARD_TEMPERATURE if wish.reward else 1.0,
    )
    full = base.training.matrix_learning_rate
    training = replace(
        base.training,
        tokens=max(
            1,
            round(tuning.epochs * once(conversations, tuning.rehearsal)),
        ),
        batch_size=batch_size(wish, conversations),
        seed=wish.seed,
        matrix_learning_rate=full * MATRIX_SHARE,
        other_learning_rate=other_rate(wish, base.training),
        weight_decay=0.0,
        token_noise=0.0,
        decay_share=0.4 if wish.reward else 1.0,
        backend="torch",
        device="cpu",
        accumulate=1,
        loss_chunk=0,
    )
    return TuningRecipe(
        data=base.data, model=base.model, training=training, tuning=tuning
    )


def batch_size(wish: TuningWish, conversations: Sequence[Rendered]) -> int:
    """Return how many conversations a step reads."""
    if wish.reward:
        return QUESTIONS_PER_STEP
    said = (1 - wish.rehearsed) * TOKENS_PER_STEP
    most = min(
        said / mean_length(conversations),
        len(conversations) / STEPS_PER_EPOCH,
    )
    return max(1, round(most))


def other_rate(wish: TuningWish, base: TrainingRecipe) -> float:
    """Return the learning rate of all but Muon's matrices."""
    if wish.reward:
        return REWARD_RATE
    if wish.lora_rank:
        return LORA_RATE
    return base.other_learning_rate * OTHER_SHARE
