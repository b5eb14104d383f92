"""The table: what can be wrong with a run, why, and what to try.

The doctor goes through it from top to bottom, `octavo doctor --table` and
the book print it, and a test provokes each of its rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from string import Formatter

from octavo.training.doctor import curve, resources, tokens, writing
from octavo.training.doctor.evidence import Evidence, Sign

ANEW = "octavo train --recipe {recipe} --out {new}"
NEW_RATES = (
    f"{ANEW} --set training.matrix_learning_rate={{matrix_rate}} "
    "--set training.other_learning_rate={other_rate}"
)
NEW_VOCABULARY = (
    f"{ANEW} --set data.tokenizer=train "
    "--set data.vocab_size={vocab_size} --set model.vocab_size={vocab_size}"
)


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """A row: `see`, `cause` and `remedy` for people, a check for the rest.

    `command` is the remedy as a line for the shell; its fields are the
    sign's values, `run`, `recipe` and `new` (a folder for another run).
    What `explains` names follows from this row, and is not told beside it.
    """

    name: str
    see: str
    cause: str
    remedy: str
    command: str
    check: Callable[[Evidence], Sign | None]
    explains: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str]:
        """Return what it says, for programs."""
        return {
            "symptom": self.name,
            "seen": self.see,
            "cause": self.cause,
            "remedy": self.remedy,
            "command": generic(self.command),
        }


SYMPTOMS = (
    Symptom(
        name="the loss is no number",
        see="Training stops at a step whose loss or gradient is NaN or "
        "infinite.",
        cause="A step so large that numbers overflowed, or a machine that "
        "computes wrongly.",
        remedy="Start anew with half the learning rates; if it happens at "
        "the same step again, compute it on another device.",
        command=NEW_RATES,
        check=curve.not_a_number,
        explains=("learning rate too high", "gibberish", "repetition"),
    ),
    Symptom(
        name="the loss does not fall",
        see="The loss ends where it began, or at what the mere frequencies "
        "of the tokens give.",
        cause="Steps that are far too small, or so large that they undo "
        "each other; or a text without a pattern: shuffled, compressed, "
        "encrypted.",
        remedy="Try learning rates over a wide range; if none learns, look "
        "at the text.",
        command="octavo doctor {run} --sweep",
        check=curve.no_fall,
        explains=("behind runs like it", "gibberish", "repetition"),
    ),
    Symptom(
        name="learning rate too high",
        see="The loss jumps, rises again after it had fallen, or gets "
        "worse than a blind guess.",
        cause="Each step leaps over the valley that it should go down "
        "into.",
        remedy="Lower the learning rates, or let a sweep find them "
        "(octavo doctor RUN --sweep).",
        command=NEW_RATES,
        check=curve.rate_too_high,
        explains=(
            "behind runs like it",
            "budget too short",
            "held-out text of another kind",
            "gibberish",
            "repetition",
        ),
    ),
    Symptom(
        name="learning rate too low",
        see="The loss falls steadily and slowly, and the weights are "
        "nearly the random ones that they began as.",
        cause="Each step is so small that the budget ends long before the "
        "valley is reached.",
        remedy="Raise the learning rates, or let a sweep find them "
        "(octavo doctor RUN --sweep).",
        command=NEW_RATES,
        check=curve.rate_too_low,
        explains=(
            "behind runs like it",
            "budget too short",
            "gibberish",
            "repetition",
        ),
    ),
    Symptom(
        name="behind runs like it",
        see="The loss stays well above that of a recorded run of such a "
        "size, budget and text.",
        cause="A learning rate that is some times too high or too low, a "
        "batch much larger than usual, or a text harder than it looks.",
        remedy="Let a sweep find the learning rates.",
        command="octavo doctor {run} --sweep",
        check=curve.behind,
        explains=("gibberish",),
    ),
    Symptom(
        name="held-out text of another kind",
        see="Held-out text is much harder than the text in training, from "
        "the first pass on.",
        cause="What is held out is of another language, author or form "
        "than what is trained on; or the text is so small that the little "
        "held out is not like the rest.",
        remedy="Look at what is held out, and split the text in another "
        "way.",
        command="octavo corpus show {corpus}",
        check=curve.another_kind_of_text,
        explains=("overfitting",),
    ),
    Symptom(
        name="overfitting",
        see="Held-out text gets harder again, while the loss in training "
        "falls.",
        cause="The model has read the text so often that it learns it by "
        "heart.",
        remedy="Let dropout and token noise make learning by heart harder, "
        "or stop earlier, or give more text.",
        command=f"{ANEW} --set model.dropout={{dropout}} "
        "--set training.token_noise=0.05",
        check=curve.overfitting,
        explains=("too little text for the model", "budget too short"),
    ),
    Symptom(
        name="too little text for the model",
        see="The budget is many passes over a text that has few tokens for "
        "each number in the model.",
        cause="A large model learns a small text by heart before it learns "
        "what is common to all such texts.",
        remedy="Give more text, or a smaller model, or dropout.",
        command=f"{ANEW} --set model.dropout=0.1",
        check=tokens.too_little_text,
    ),
    Symptom(
        name="budget too short",
        see="The loss was still falling fast when the run ended.",
        cause="Too few tokens for a model of this size on this text.",
        remedy="Train longer.",
        command=f"{ANEW} --set training.tokens={{tokens}}",
        check=curve.too_short,
        explains=("gibberish", "repetition"),
    ),
    Symptom(
        name="gibberish",
        see="Samples are full of words that nobody wrote, or of broken "
        "characters.",
        cause="The model is not good enough yet for the temperature at "
        "which it writes.",
        remedy="Train longer or a larger model; and write with a lower "
        "temperature.",
        command="octavo generate {run} --temperature 0.5",
        check=writing.gibberish,
    ),
    Symptom(
        name="repetition",
        see="Samples go round in circles.",
        cause="Text in the corpus that repeats itself, a prompt that leads "
        "into it, or a temperature near zero: what was said is the best "
        "guess for what comes.",
        remedy="Write with a higher temperature, from another prompt; look "
        "for repeated lines in the text.",
        command='octavo generate {run} --temperature 1 --prompt "The "',
        check=writing.repetition,
    ),
    Symptom(
        name="tokenizer unfit for the text",
        see="Tokens are much shorter than tokens made for this text would "
        "be.",
        cause="The vocabulary was made for another language or kind of "
        "text; each window holds less of the text, and training takes "
        "longer.",
        remedy="Let the run learn a vocabulary of its own.",
        command=NEW_VOCABULARY,
        check=tokens.tokenizer_unfit,
        explains=("vocabulary larger than the text",),
    ),
    Symptom(
        name="vocabulary larger than the text",
        see="Most tokens of the vocabulary never occur in training.",
        cause="A vocabulary made for more text, or for other text: its "
        "unused rows cost time and memory, and are never learned.",
        remedy="Let the run learn a smaller vocabulary of its own.",
        command=NEW_VOCABULARY,
        check=tokens.vocabulary_too_large,
    ),
    Symptom(
        name="context longer than the documents",
        see="Most documents fill less than half of the context.",
        cause="A window holds many documents that have nothing to do with "
        "each other, and attention pays for all of them.",
        remedy="Take a shorter context, and more windows in a step.",
        command=f"{ANEW} --set model.context={{context}} "
        "--set training.batch_size={batch_size}",
        check=tokens.context_too_long,
    ),
    Symptom(
        name="too slow: other work",
        see="Steps take much longer in some parts of the run than in "
        "others, or in all of them than the processor needs.",
        cause="Another program wanted the same cores, or the machine "
        "became hot and slowed down. Threads that wait for a busy core "
        "make it worse.",
        remedy="Close other programs; beside other work, compute in one "
        "thread.",
        command=f"{ANEW} --set training.threads=1",
        check=resources.other_work,
    ),
    Symptom(
        name="too slow: small steps",
        see="A step reads few tokens, and the processor is hardly used.",
        cause="Most of the time goes into calling operations, not into "
        "computing.",
        remedy="Read more windows in a step.",
        command=f"{ANEW} --set training.batch_size={{batch_size}}",
        check=resources.steps_too_small,
    ),
    Symptom(
        name="too slow: idle accelerator",
        see="The run computes on the CPU of a machine that has a graphics "
        "card.",
        cause="The recipe says so, or was made on another machine.",
        remedy="Compute there; a step is compared with the CPU's first.",
        command=f"{ANEW} --set training.device={{device}}",
        check=resources.idle_accelerator,
        explains=("too slow: precision", "too slow: idle cores"),
    ),
    Symptom(
        name="too slow: precision",
        see="Matrix products are computed in the precision that is slower "
        "on this machine.",
        cause="Processors with units for bfloat16 are several times as "
        "fast in it; those without are a hundred times slower.",
        remedy="Compute products in the other precision; weights stay in "
        "float32.",
        command=f"{ANEW} --set training.precision={{precision}}",
        check=resources.wrong_precision,
    ),
    Symptom(
        name="too slow: idle cores",
        see="The run uses fewer threads than the machine has cores.",
        cause="The recipe was made on another machine, or while another "
        "program was busy.",
        remedy="Compute in all of them.",
        command=f"{ANEW} --set training.threads={{threads}}",
        check=resources.idle_cores,
    ),
    Symptom(
        name="memory nearly full: more kept than must be",
        see="Training fills the machine's memory, and the same steps could "
        "do with less.",
        cause="The fastest way to compute keeps the most.",
        remedy="Set a limit: what keeps it is chosen for you.",
        command=f"{ANEW} --memory-limit {{limit}}MB",
        check=resources.too_much_kept,
        explains=("memory nearly full",),
    ),
    Symptom(
        name="memory nearly full",
        see="Training fills the machine's memory, becomes very slow, or is "
        "killed by the system.",
        cause="What is kept of a step for its way back grows with its "
        "tokens.",
        remedy="Read fewer windows in a step.",
        command=f"{ANEW} --set training.batch_size={{batch_size}}",
        check=resources.memory_full,
    ),
    Symptom(
        name="disk nearly full",
        see="There is no room for the next checkpoint.",
        cause="A checkpoint holds the weights and what the optimizer "
        "remembers, and the old one stays until the new one is whole.",
        remedy="Make room, then go on.",
        command="octavo train --resume {run}",
        check=resources.disk_full,
    ),
    Symptom(
        name="a file was changed",
        see="A file of a finished run is not what training wrote.",
        cause="Another program wrote into the folder, a copy broke off, or "
        "the disk fails.",
        remedy="Let training make it anew from its last checkpoint.",
        command="octavo train --resume {run}",
        check=resources.changed_files,
    ),
)


def table_in_markdown(rows: Iterable[Symptom] = SYMPTOMS) -> str:
    """Return the table as Markdown, as the book prints it."""
    lines = [
        "| symptom | what you see | cause | what to try |",
        "|---|---|---|---|",
    ]
    for row in rows:
        remedy = f"{row.remedy} `{generic(row.command)}`"
        cells = row.name, row.see, row.cause, remedy
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def generic(command: str) -> str:
    """Return a row's command with the names of its fields, in capitals.

    >>> generic("octavo doctor {run} --sweep")
    'octavo doctor RUN --sweep'
    """
    names = {name for _, name, _, _ in Formatter().parse(command) if name}
    return command.format(**{name: name.upper() for name in names})
