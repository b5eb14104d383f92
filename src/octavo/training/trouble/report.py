"""`report.md`: what went wrong, for people, made from the record alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from octavo.foundation.files import write_text
from octavo.foundation.text import quoted
from octavo.training.metrics import Metrics
from octavo.training.recipe import Recipe, TrainingRecipe

REPORT = "report.md"
STEPS_SHOWN, PEAKS_SHOWN = 10, 12

# By where it began: what that means, and what helps.
MEANINGS = {
    "weights": "Some weights are infinite, or no numbers any more: a step "
    "threw them too far.",
    "input": "All weights are numbers, but what was made of them grew past "
    "the largest number on its way into this layer.",
    "output": "All weights are numbers, but what this layer made of its "
    "input is past the largest number.",
    "gradient": "The way forward was fine; the gradient grew past the "
    "largest number on its way back.",
    "nowhere": "Read once more by the plain PyTorch model, the batch gave "
    "only numbers: it is the arithmetic of this backend, device or "
    "precision that fails.",
}
REMEDIES = {
    "weights": ("rates", "warmup"),
    "input": ("rates", "warmup", "qk_norm"),
    "output": ("rates", "warmup"),
    "gradient": ("skip", "rates", "warmup"),
    "nowhere": ("resume", "plain", "skip"),
}


def write_report(metrics: Metrics, recipe: Recipe) -> None:
    """Write the report on the last incident; without one there is none."""
    path = metrics.folder / REPORT
    incidents = metrics.of("non_finite")
    if not incidents:
        path.unlink(missing_ok=True)
        return
    step, incident = incidents[-1]
    parts = [
        *_what_happened(step, incident),
        *_left_out(metrics),
        *_batch(incident),
        *_steps_before(metrics),
        *_way_through(incident),
        "## What to try\n",
        *(f"- {remedy}" for remedy in remedies(incident, recipe, path)),
    ]
    write_text(path, "\n".join(parts) + "\n")


def _what_happened(step: int, incident: dict[str, Any]) -> Iterator[str]:
    yield f"# Step {step}: the {incident['what']} became "
    yield f"{incident['value']}\n"
    if incident["layer"]:
        yield f"It began in: {incident['found_in']} of "
        yield f"`{incident['layer']}`.\n"
    yield MEANINGS[incident["found_in"]] + "\n"


def _left_out(metrics: Metrics) -> Iterator[str]:
    steps = [
        str(step)
        for step, incident in metrics.of("non_finite")
        if incident["left_out"]
    ]
    if steps:
        yield f"Left out so far: the batches of steps {', '.join(steps)}.\n"


def _batch(incident: dict[str, Any]) -> Iterator[str]:
    yield "## What it was reading\n"
    yield f"Token {incident['token']:,} of the training text and those "
    yield f"after it, in {incident['document']}:\n"
    yield from ("    " + line for line in incident["text"].splitlines())
    yield ""


def _steps_before(metrics: Metrics) -> Iterator[str]:
    rows = [row for row in metrics.rows if "gradient_norm" in row]
    yield "## The steps before\n"
    yield "| step | loss | gradient norm |"
    yield "|--:|--:|--:|"
    for row in rows[-STEPS_SHOWN:]:
        yield "| {step} | {loss:.4g} | {gradient_norm:.4g} |".format(**row)
    yield ""


def _way_through(incident: dict[str, Any]) -> Iterator[str]:
    if not incident["peaks"]:
        return
    yield "## The largest values on the way through\n"
    yield "| layer | largest |"
    yield "|:--|--:|"
    for layer, peak in incident["peaks"][-PEAKS_SHOWN:]:
        yield f"| `{layer}` | {peak:.3g} |"
    yield ""


def remedies(
    incident: dict[str, Any], recipe: Recipe, report: Path
) -> list[str]:
    """Return what helps against an incident, the likeliest first."""
    run, training = report.parent, recipe.training
    again = repeating(run)
    resume = f"octavo train --resume {quoted(run)}"
    texts = {
        "rates": halved_rates(run, training),
        "warmup": "Let them rise more slowly: `--set "
        f"training.warmup_steps={max(50, 4 * training.warmup_steps)}`",
        "qk_norm": "Keep attention's scores bounded: "
        "`--set model.qk_norm=true`",
        "resume": "Try the step again, in case the machine failed: "
        f"`{resume}`",
        "skip": f"Go on without such batches: `{resume} --on-nan skip`",
        "plain": f"Repeat the run in plain arithmetic: `{again} --set "
        "training.backend=torch --set training.device=cpu --precision "
        "float32 --out NEW`",
    }
    names = REMEDIES[incident["found_in"]]
    if recipe.model.qk_norm:
        del texts["qk_norm"]
    return [texts[name] for name in names if name in texts]


def halved_rates(run: Path, training: TrainingRecipe) -> str:
    """Say how to repeat a run with half its learning rates."""
    matrix = training.matrix_learning_rate / 2
    other = training.other_learning_rate / 2
    return (
        f"Halve the learning rates, in a new run: `{repeating(run)} "
        f"--set training.matrix_learning_rate={matrix:g} "
        f"--set training.other_learning_rate={other:g} --out NEW`"
    )


def repeating(run: Path) -> str:
    """Return the command that repeats a run, up to its changes."""
    return f"octavo train --recipe {quoted(run / 'recipe.toml')}"
