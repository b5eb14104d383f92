"""Is `octavo plan` right? Plans for some budgets, and the runs themselves.

    python benchmarks/plan_check.py 1 3 8 [--corpus shakespeare]

For each number of minutes: `octavo plan --json`, then `octavo train` with
the same options; time and memory are those of the whole command, measured
from outside. Writes results/plan.json and plan.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import machine

RESULTS = Path(__file__).parent / "results"
OCTAVO = [sys.executable, "-m", "octavo.cli"]
MEASURES = {
    "seconds": "time, s",
    "memory": "memory, MB",
    "bits_per_byte": "loss, bits per byte",
}


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="+", type=float)
    parser.add_argument("--corpus", default="shakespeare")
    parser.add_argument("--keep", type=Path, help="Where the runs stay.")
    asked = parser.parse_args()
    rows = []
    for minutes in asked.minutes:
        with tempfile.TemporaryDirectory() as room:
            out = (asked.keep or Path(room)) / f"minutes-{minutes:g}"
            rows.append(check(asked.corpus, minutes, out))
        print(json.dumps(rows[-1]), flush=True)
    content = {"machine": machine(["torch", "numpy"]), "rows": rows}
    text = json.dumps(content, indent=1) + "\n"
    (RESULTS / "plan.json").write_text(text)
    (RESULTS / "plan.md").write_text(page(content, asked.corpus))


def check(corpus: str, minutes: float, out: Path) -> dict[str, Any]:
    """Plan a run, make it, and return both."""
    asked = ["--corpus", corpus, "--minutes", f"{minutes:g}", "--json"]
    plan = json.loads(
        subprocess.check_output([*OCTAVO, "plan", *asked], text=True)
    )
    began = time.monotonic()
    process = subprocess.Popen(
        [*OCTAVO, "train", *asked, "--out", str(out)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    score = json.loads(process.stdout.read())
    _, _, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    width = plan["recipe"]["model"]["width"]
    return {
        "minutes": minutes,
        "width": width,
        "tokens": plan["recipe"]["training"]["tokens"],
        "planned": {
            "seconds": plan["times"]["total"],
            "memory": plan["memory"] / 1e6,
            "bits_per_byte": plan["bits_per_byte"],
        },
        "found": {
            "seconds": seconds,
            "memory": usage.ru_maxrss * 1024 / 1e6,
            "bits_per_byte": score["bits_per_byte"],
        },
    }


def page(content: dict[str, Any], corpus: str) -> str:
    """Return the result as a page."""
    m = content["machine"]
    minutes = " ".join(f"{row['minutes']:g}" for row in content["rows"])
    lines = [
        "# Plans beside what came out",
        "",
        f"`python benchmarks/plan_check.py {minutes} --corpus {corpus}`",
        f"on {m['date']}, at commit {m['commit']},",
        f"{m['cpu']}, {m['cores']} cores, torch {m['versions']['torch']}.",
        "Time and memory are of the whole command, seen from outside.",
        "",
        "| minutes | | planned | found | found to planned |",
        "|---|---|---|---|---|",
    ]
    for row in content["rows"]:
        for key, name in MEASURES.items():
            planned, found = row["planned"][key], row["found"][key]
            digits = 3 if key == "bits_per_byte" else 0
            lines.append(
                f"| {row['minutes']:g} | {name} | {planned:,.{digits}f} | "
                f"{found:,.{digits}f} | {found / planned:.2f} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
