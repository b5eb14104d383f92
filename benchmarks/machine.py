"""What a benchmark's numbers depend on, to be kept beside them."""

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine(packages: Iterable[str]) -> dict[str, Any]:
    """Return date, commit, processor, system, and packages' versions."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


def commit(folder: Path = Path(__file__).parent) -> str:
    """Return a folder's commit, and whether files differ from it."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.check_output(command, text=True).strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=12", "HEAD") + " changed" * bool(
        changed
    )


def versions(facts: dict[str, Any]) -> str:
    """Return a line of the packages' versions."""
    return ", ".join(f"{k} {v}" for k, v in facts["versions"].items())


def cpu_model() -> str:
    """Return the processor's name."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
