"""What a user asks of a run, and the rules that fill in the rest.

Whatever is left open is derived from the minutes and from the text. The
rules are few, are printed when they are used, and end in the recipe.
"""

from dataclasses import dataclass, fields

from octavo.foundation import UserError, check_known, check_seed
from octavo.model import ModelConfig
from octavo.text import Corpus

# Layers, width and context. Heads are 64 wide, the network in a block three
# times as wide as the stream, which is SwiGLU's usual 8/3, rounded.
SIZES = {
    "tiny": (4, 128, 128),
    "small": (4, 192, 128),
    "medium": (5, 256, 256),
    "large": (6, 384, 256),
}
# A size for a time: the largest that still sees enough tokens in it.
SIZE_BY_MINUTES = ((6.0, "tiny"), (15.0, "small"), (45.0, "medium"))
DEFAULT_MINUTES = 10.0
# By backend, the learning rates of matrices and of all else. PyTorch has
# Muon for the former, the twins have AdamW for both (LOG.md).
RATES = {
    "torch": (0.02, 0.01),
    "numpy": (0.004, 0.01),
    "jax": (0.004, 0.01),
}
# Past these no run would ever end.
MOST = {"minutes": 525_600, "tokens": 10**15}
POSITIVE = ("minutes", "tokens", "context", "batch_size", "vocab_size")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a user asks of a run; None is left to the rules below."""

    corpus: str
    field: str = "text"
    tokenizer: str = "train"
    vocab_size: int | None = None
    minutes: float | None = None
    tokens: int | None = None
    size: str | None = None
    context: int | None = None
    batch_size: int | None = None
    prompt: str | None = None
    seed: int = 0
    backend: str = "torch"

    def __post_init__(self) -> None:
        for name in POSITIVE:
            self._check_number(name)
        for field in fields(self):
            if isinstance(getattr(self, field.name), str):
                check_text(field.name, getattr(self, field.name))
        check_seed(self.seed)
        check_known("backend", [self.backend], RATES)
        if self.size is not None:
            check_known("size", [self.size], SIZES)
        if self.minutes is not None and self.tokens is not None:
            raise UserError(
                "minutes and tokens both set the budget: give one of them"
            )
        if self.vocab_size is not None and self.tokenizer != "train":
            raise UserError(
                "vocab_size is that of a new tokenizer, and "
                f'"{self.tokenizer}" has its own: give one of them'
            )

    def _check_number(self, name: str) -> None:
        """Raise UserError unless a number is absent, or in its range."""
        value, most = getattr(self, name), MOST.get(name)
        limit = "" if most is None else f" and at most {most:,}"
        if value is not None and not 0 < value <= (most or value):
            raise UserError(f"{name} is {value}; it must be above 0{limit}")


def check_text(name: str, value: str) -> None:
    """Raise UserError for text that is empty or cannot be written."""
    if not value:
        raise UserError(f"{name} is empty: give at least one character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f'{name} "{value}" is no UTF-8 at character {error.start}: '
            "write it, or name the file, in UTF-8"
        ) from None


def vocab_size_for(corpus: Corpus) -> int:
    """Return a vocabulary's size for a text: a token for each kilobyte.

    Of a rarer token the model would see too little to learn it. At least
    512, at most 4,096.
    """
    num_bytes = sum(len(d.text.encode()) for d in corpus.train)
    return min(4096, max(512, num_bytes // 1000))


def size_for(wish: Wish) -> tuple[str, str]:
    """Return the name of a wish's size, and the rule that chose it."""
    if wish.size is not None:
        return wish.size, "as you asked"
    if wish.tokens is not None:
        return "tiny", "the smallest, when neither size nor minutes are set"
    minutes = wish.minutes or DEFAULT_MINUTES
    fitting = [size for most, size in SIZE_BY_MINUTES if minutes <= most]
    rule = f"what learns most in {minutes:g} minutes"
    return (fitting or ["large"])[0], rule


def model_for(wish: Wish, vocab_size: int) -> ModelConfig:
    """Return the model's shape for a wish."""
    layers, width, context = SIZES[size_for(wish)[0]]
    return ModelConfig(
        vocab_size=vocab_size,
        context=wish.context or context,
        num_layers=layers,
        width=width,
        num_heads=width // 64,
        num_kv_heads=width // 64,
        head_width=64,
        mlp_width=3 * width,
    )


def batch_size_for(wish: Wish, context: int, windows_per_pass: int) -> int:
    """Return how many windows a step reads: 1,024 tokens, or one pass."""
    usual = max(1, 1024 // context)
    return wish.batch_size or max(1, min(usual, windows_per_pass))


def opening(corpus: Corpus) -> str:
    """Return the held-out text's first line, to prompt samples with."""
    lines = corpus.held_out[0].text.strip().splitlines() or [""]
    return lines[0][:60] + "\n"
