"""The diagnosis: how a run stands, and which rows of the table it shows."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.foundation.locks import in_use
from octavo.training.doctor.evidence import Evidence, Sign
from octavo.training.doctor.machine import Machine
from octavo.training.doctor.symptoms import SYMPTOMS, Symptom
from octavo.training.doctor.trials import Sweep


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A row of the table that a run shows, and the sign of it."""

    symptom: Symptom
    sign: Sign
    command: str

    def as_dict(self) -> dict[str, str]:
        """Return it for programs."""
        return {
            "symptom": self.symptom.name,
            "seen": self.sign.seen,
            "cause": self.symptom.cause,
            "remedy": self.symptom.remedy,
            "command": self.command,
        }


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What the doctor says of a run; without findings it is well."""

    run: Path
    standing: tuple[str, ...]
    findings: tuple[Finding, ...]
    sweep: Sweep | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "run": str(self.run),
            "healthy": not self.findings,
            "standing": list(self.standing),
            "findings": [finding.as_dict() for finding in self.findings],
            "sweep": self.sweep.as_dict() if self.sweep else None,
        }


def diagnose(folder: Path, machine: Machine | None = None) -> Diagnosis:
    """Read a run and go through the table.

    The run may be finished, stopped, killed, not begun, or at work in
    another program. Raises UserError for what cannot be read.
    """
    evidence = Evidence.gather(folder, machine)
    return Diagnosis(
        run=folder,
        standing=tuple(standing(evidence)),
        findings=tuple(findings(evidence)),
        sweep=evidence.sweep,
    )


def findings(e: Evidence) -> Iterator[Finding]:
    """Yield the rows that a run shows, but for what others explain."""
    explained: set[str] = set()
    for symptom in SYMPTOMS:
        sign = None if symptom.name in explained else symptom.check(e)
        if sign is None:
            continue
        explained.update(symptom.explains)
        fields = {**paths(e), **sign.values}
        yield Finding(
            symptom=symptom,
            sign=sign,
            command=symptom.command.format_map(fields),
        )


def paths(e: Evidence) -> dict[str, str]:
    """Return a run's paths as a shell takes them, and a free one."""
    folder = e.run.folder
    number = 2
    while (new := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    named = {"run": folder, "recipe": folder / "recipe.toml", "new": new}
    return {name: shlex.quote(str(path)) for name, path in named.items()}


def standing(e: Evidence) -> Iterator[str]:
    """Say how far a run is, how good, and how fast."""
    steps, total = e.steps, e.num_steps
    corpus = Path(e.run.recipe.data.corpus).name
    yield (
        f"{state(e)}: {steps:,} of {total:,} steps, "
        f"{e.passes(steps):.2f} times through {corpus}"
    )
    if len(e.losses):
        yield from quality(e)
    if e.tokens_per_second:
        share = (
            f", {e.share_of_products:.0%} of what this machine's matrix "
            "products allow"
        )
        speed = f"{e.tokens_per_second:,.0f} tokens a second"
        yield speed + share if e.by_torch_on_cpu else speed


def quality(e: Evidence) -> Iterator[str]:
    """Say how good a run is, beside simple yardsticks."""
    bits, blind, by_frequency = (
        nats * e.bits_per_nat
        for nats in (e.end, e.blind_guess, e.by_frequency)
    )
    yield (
        f"{bits:.2f} bits per byte in training; a blind guess has "
        f"{blind:.2f}, a guess by how frequent each token is "
        f"{by_frequency:.2f}"
    )
    if found := e.verdict:
        yield (
            f"{found.word} at {found.share:.0%} of the run: "
            f"{found.found:.2f} in training, {found.expected:.2f} in "
            "recorded runs like it"
        )
    if e.final:
        yield f"{e.final:.2f} on all of the held-out text"
    elif e.glances:
        step, bits = e.glances[-1]
        yield f"{bits:.2f} on some of the held-out text, at step {step:,}"


def state(e: Evidence) -> str:
    """Say in a word or two what has become of a run."""
    if e.status.finished:
        return "finished"
    if in_use(e.run.folder):
        return "at work"
    if not e.metrics.rows:
        return "not begun"
    return f"stopped (octavo train --resume {e.run.folder} goes on)"
