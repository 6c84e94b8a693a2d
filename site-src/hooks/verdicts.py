"""Start `parity.py` early, read what it wrote when needed, keep it while the sources stay the same."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tree import PACKAGE, ROOT

KEPT = ROOT / ".site_cache"
SERVERS_KEPT = ROOT / "site-src" / "servers.json"
"""Written by servers.py."""
AT_MOST = 600  # seconds; a busy machine takes its time


def of_servers() -> dict[str, Any]:
    """Return what became of each rule on real servers, with the date and the versions."""
    found: dict[str, Any] = json.loads(SERVERS_KEPT.read_text(encoding="utf-8"))
    return found


class Verdicts:
    """What became of each rule, by pattern."""

    def __init__(self) -> None:
        self._kept = KEPT / f"verdicts-{_fingerprint()}.json"
        self._read: dict[str, Any] | None = None
        self._running: subprocess.Popen[str] | None = None
        if not self._kept.is_file():
            command = [sys.executable, str(Path(__file__).with_name("parity.py"))]
            # A pipe that nobody reads yet would fill up.
            self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
            self._running = subprocess.Popen(
                command, cwd=ROOT, env=_alone(), text=True, stdout=subprocess.PIPE, stderr=self._errors
            )

    def of(self, pattern: str) -> dict[str, Any]:
        """Return the contracts, subjects and verdicts of a pattern; waits for them if need be.

        Raises RuntimeError with what was printed if they could not be had.
        """
        if self._read is None:
            self._read = json.loads(self._made() if self._running else self._kept.read_text(encoding="utf-8"))
        found: dict[str, Any] = self._read[pattern]
        return found

    def _made(self) -> str:
        assert self._running is not None
        try:
            out, _ = self._running.communicate(timeout=AT_MOST)
        except subprocess.TimeoutExpired:
            self._running.kill()
            raise RuntimeError(f"the contracts did not end within {AT_MOST} s") from None
        if self._running.returncode:
            self._errors.seek(0)
            raise RuntimeError(f"the contracts could not be tried:\n{self._errors.read()}")
        KEPT.mkdir(exist_ok=True)
        for old in KEPT.glob("verdicts-*.json"):
            old.unlink()
        self._kept.write_text(out, encoding="utf-8")
        return out


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _sources():
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "requirements.lock"
    yield Path(__file__).with_name("parity.py")
    for folder in (PACKAGE, "tests"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def _alone() -> dict[str, str]:
    """Return the environment without the servers of the tests, so that the pages are the same anywhere.

    INFRA_REF_CI goes with them, for it makes a failure of a missing server.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("INFRA_REF_")}
