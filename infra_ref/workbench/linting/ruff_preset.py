"""What ruff finds already: its codes that are anti-patterns of ours, run as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from infra_ref.workbench.linting.files import from_root
from infra_ref.workbench.linting.finding import Finding, catalogue

BY_CODE: Final = {code: one for one in catalogue().values() for code in one.ruff}


def installed() -> bool:
    """Return whether ruff is in this environment."""
    return find_spec("ruff") is not None


def ruff_findings(paths: Sequence[Path], root: Path) -> list[Finding]:
    """Return what ruff finds of the preset; it obeys its own `noqa`. What it cannot parse, we report."""
    preset = ["--isolated", "--select", ",".join(BY_CODE), "--exit-zero", "--quiet", "--no-cache"]
    command = [sys.executable, "-m", "ruff", "check", *preset, "--output-format=json", "--", *map(str, paths)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return [_finding(one, root) for one in json.loads(done.stdout or "[]") if one["code"] in BY_CODE]


def _finding(one: dict[str, Any], root: Path) -> Finding:
    told, path = BY_CODE[one["code"]], from_root(Path(one["filename"]), root).as_posix()
    start, end = one["location"], one["end_location"]
    place = (start["row"], start["column"], end["row"], end["column"])
    return Finding(path, *place, one["code"], one["message"], told.why, told.fix, told.page)
