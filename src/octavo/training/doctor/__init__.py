"""The doctor: reads a run, and says in plain words what is wrong with it.

Read in this order: machine, trials and evidence (what is known of a run),
curve, writing, tokens and resources (signs in each kind of evidence),
symptoms (the one table of what can be wrong), and diagnosis. `sweep` tries
learning rates and `sweep_chart` draws them; both are imported where they
are needed.
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
