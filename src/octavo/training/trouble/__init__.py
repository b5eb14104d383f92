"""When a number is none, or runs away: find where, say what to change.

Read in this order: runaway, finding, report, guard.

A step whose loss or gradient is not finite is not taken. Its line of
`metrics.jsonl` is `{"step": 12, "non_finite": {...}}`, and the dictionary:

what, value      "loss", "gradient" or "weights", and its "nan" or "inf"
found_in         where it began: "weights", "input", "output", "gradient",
                 or "nowhere" if it did not happen again
layer            the first parameter or module that went bad, or ""
peaks            [module, largest absolute output] up to that one
token, document  where in the training text the window begins that did it
text             and how it reads
left_out         whether training went on without this batch

`report.md` says the same to people.
"""

from octavo.training.trouble.finding import Finding, diagnose
from octavo.training.trouble.guard import Guard

__all__ = ["Finding", "Guard", "diagnose"]
