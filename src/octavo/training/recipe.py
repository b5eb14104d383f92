"""The recipe: every choice behind a run, in one file that repeats it.

`recipe.toml` is written before the first step. A run from it, on the same
machine with the same versions and threads, gives the same bytes.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import tomli_w
import torch

from octavo import __version__
from octavo.foundation import UserError, check_known, check_seed
from octavo.foundation.files import write_text
from octavo.model import ModelConfig
from octavo.twins.loading import TWINS
from octavo.twins.numpy_model import require_plain

BACKENDS = ("torch", *TWINS)
DEVICES = ("cpu", "cuda", "mps")
PRECISIONS = ("float32", "bfloat16", "bfloat16-saved")
TECHNIQUES = (  # that save memory, as they are named in [training]
    "precision",
    "accumulate",
    "checkpoint_activations",
    "loss_chunk",
)
ON_NAN = ("stop", "skip")  # at a loss or gradient that is no number
FORMAT = 1  # of recipe.toml and of the run folder around it


@dataclass(frozen=True, kw_only=True)
class DataRecipe:
    """Which text, and how it becomes tokens.

    `tokenizer` is "train" (a new one, of `vocab_size`), "bytes", or the
    path of a tokenizer.json. `fingerprint` is the corpus's, once known, and
    `tokenizer_fingerprint` that of a tokenizer which is a file.
    """

    corpus: str
    field: str = "text"
    tokenizer: str = "train"
    vocab_size: int = 4096
    fingerprint: str = ""
    tokenizer_fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """How a model learns from its tokens.

    `tokens` is the budget: how many are read in all, over as many passes as
    it takes. The learning rate rises over `warmup_steps`, stays, and falls
    to zero over the last `decay_share` of the run. `momentum` is the share
    of its average of gradients that Muon keeps at a step. `token_noise` is
    the share of input tokens that are replaced by random ones of the text,
    so that what is read often is harder to learn by heart (Xie et al.
    2017).
    `device` is where PyTorch computes, `threads` are those of its CPU.

    The rest saves memory (`training.memory`): `precision` is that of matrix
    products and of what they keep, `accumulate` in how many parts a batch
    is read, `checkpoint_activations` whether blocks are computed twice
    instead of kept, and `loss_chunk` for how many tokens the logits are
    held at once (0: all).

    `on_nan` says what happens to a batch whose loss or gradient is not
    finite: "stop" ends the run, "skip" leaves the batch out.
    """

    tokens: int
    batch_size: int = 8
    seed: int = 0
    matrix_learning_rate: float = 0.02
    other_learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0
    token_noise: float = 0.0
    warmup_steps: int = 10
    decay_share: float = 0.4
    backend: str = "torch"
    device: str = "cpu"
    threads: int = 1
    precision: str = "float32"
    accumulate: int = 1
    checkpoint_activations: bool = False
    loss_chunk: int = 0
    prompt: str = "\n"
    on_nan: str = "stop"

    def __post_init__(self) -> None:
        check_known("backend", [self.backend], BACKENDS)
        check_known("device", [self.device], DEVICES)
        check_known("precision", [self.precision], PRECISIONS)
        check_known("on_nan", [self.on_nan], ON_NAN)
        if self.backend != "torch":
            self._check_twin()
        whole, small = "a whole number above 0", "a small number above 0"
        share = "a share from 0 up to, but not including, 1"
        rates = self.matrix_learning_rate, self.other_learning_rate
        for name, fits, wanted in (
            ("tokens", self.tokens > 0, whole),
            ("batch_size", self.batch_size > 0, whole),
            ("threads", 0 < self.threads <= 1024, "from 1 to 1024"),
            ("matrix_learning_rate", 0 < rates[0] < 100, small),
            ("other_learning_rate", 0 < rates[1] < 100, small),
            ("momentum", 0 <= self.momentum < 1, share),
            ("weight_decay", 0 <= self.weight_decay < 1, share),
            ("token_noise", 0 <= self.token_noise < 1, share),
            ("warmup_steps", self.warmup_steps >= 0, "0 or above"),
            (
                "decay_share",
                0 < self.decay_share <= 1,
                "above 0, up to 1",
            ),
            ("accumulate", self.accumulate > 0, whole),
            ("loss_chunk", self.loss_chunk >= 0, "0 or above"),
            ("prompt", self.prompt != "", "at least a character"),
        ):
            if not fits:
                value = getattr(self, name)
                raise UserError(f"{name} is {value!r}; it must be {wanted}")
        check_seed(self.seed)
        if self.batch_size % self.accumulate:
            raise UserError(
                f"a batch of {self.batch_size} windows makes no "
                f"{self.accumulate} equal parts: make accumulate a divisor "
                "of batch_size"
            )

    def _check_twin(self) -> None:
        """Raise UserError for what only PyTorch can do."""
        for name, plain, does in (
            ("device", "cpu", "computes on the CPU"),
            ("precision", "float32", "computes in float32 only"),
            ("accumulate", 1, "reads a batch in one part"),
            ("checkpoint_activations", False, "keeps all activations"),
            ("loss_chunk", 0, "holds all logits"),
        ):
            if getattr(self, name) != plain:
                raise UserError(
                    f"the backend {self.backend} {does}: make {name} "
                    f'{json.dumps(plain)}, or the backend "torch"'
                )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole run: text, model, training."""

    data: DataRecipe
    model: ModelConfig
    training: TrainingRecipe

    def __post_init__(self) -> None:
        if self.training.backend != "torch":
            require_plain(self.model, self.model.context)

    @property
    def num_steps(self) -> int:
        """How many batches the token budget makes, at least one."""
        per_step = self.training.batch_size * self.model.context
        return max(1, round(self.training.tokens / per_step))

    @property
    def measure(self) -> str:
        """What a step's loss is, if it is not nats a token of text."""
        return ""

    def learning_rate_share(self, step: int) -> float:
        """Return the share of the full learning rate at a step.

        It is above zero at the last step, and would be zero at the next.
        """
        t, total = self.training, self.num_steps
        rising = (step + 1) / t.warmup_steps if t.warmup_steps else 1.0
        falling = (total - step) / (total * t.decay_share)
        return min(1.0, rising, falling)

    def save(self, path: Path) -> None:
        """Write the recipe as TOML, with the versions that it ran under."""
        backend = self.training.backend
        content = {
            "format": FORMAT,
            "octavo": __version__,
            "torch": str(torch.__version__),
            backend: version(backend),
            **asdict(self),
        }
        write_text(path, tomli_w.dumps(content))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a recipe; what it does not know or lacks is a UserError."""
        content = _read_toml(path)
        if content.pop("format", None) != FORMAT:
            raise UserError(
                f"{path} is of another format than this Octavo's "
                f"({FORMAT}): use the version of Octavo named in it"
            )
        for package in ("octavo", *BACKENDS):  # for people, as a record
            content.pop(package, None)
        parts: dict[str, Any] = {f.name: f.type for f in fields(cls)}
        check_known(f"section in {path}", content, parts)
        read = {
            name: _read_part(kind, content.get(name), f"[{name}] of {path}")
            for name, kind in parts.items()
        }
        return cls(**read)

    def changed(self, settings: Iterable[str]) -> Self:
        """Return the recipe with settings like "model.dropout=0.1".

        Values are written as in recipe.toml; text needs no quotes.
        """
        parts = asdict(self)
        for setting in settings:
            name, sign, text = setting.partition("=")
            section, _, key = name.partition(".")
            if not (sign and key):
                raise UserError(
                    f'"{setting}" sets nothing: write it as in '
                    "--set training.batch_size=16"
                )
            check_known("section of a recipe", [section], parts)
            check_known(f"key in [{section}]", [key], parts[section])
            parts[section][key] = _value(text)
        read = {
            name: _read_part(type(part), parts[name], f"[{name}]")
            for name, part in vars(self).items()
        }
        return type(self)(**read)


def _read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; one that is missing or no TOML is a UserError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no valid TOML: {error}") from error


def _value(text: str) -> Any:
    """Return what TOML says a text is; what it does not know is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read_part(kind: type[Any], values: object, where: str) -> Any:
    """Make a dataclass of a section; types and keys must fit."""
    if not isinstance(values, dict):
        raise UserError(f"{where} is missing")
    known = {field.name: field.type for field in fields(kind)}
    check_known(f"key in {where}", values, known)
    for key, value in values.items():
        wanted = known[key]
        if wanted is float and type(value) is int:
            values[key] = float(value)
        elif type(value) is not wanted:
            name = getattr(wanted, "__name__", wanted)
            raise UserError(
                f"{key} in {where} is {value!r}; it must be of type {name}"
            )
    try:
        return kind(**values)
    except (TypeError, UserError) as error:  # a key is missing, or wrong
        raise UserError(f"{where}: {error}") from error
