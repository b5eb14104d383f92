"""The doctor: reads a run, and says in plain words what is wrong with it.

Read in this order: evidence (what is read), curve, writing, tokens and
resources (signs in each kind of evidence), symptoms (the one table of what
can be wrong), diagnosis, sweep, and sweep_chart, which is imported where it
is needed.
"""

from octavo.training.doctor.diagnosis import Diagnosis, Finding, diagnose
from octavo.training.doctor.symptoms import (
    SYMPTOMS,
    Symptom,
    generic,
    table_in_markdown,
)

__all__ = [
    "SYMPTOMS",
    "Diagnosis",
    "Finding",
    "Symptom",
    "diagnose",
    "generic",
    "table_in_markdown",
]
