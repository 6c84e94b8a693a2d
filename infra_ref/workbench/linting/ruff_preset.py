"""What ruff finds already: its codes that are our anti-patterns, run as the command of the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from infra_ref.workbench.linting.finding import Finding


@dataclass(frozen=True, slots=True)
class Chosen:
    """Codes of ruff that find one anti-pattern, and what we say of it."""

    codes: tuple[str, ...]
    name: str
    why: str
    fix: str


PRESET: Final = (
    Chosen(
        ("S113",),
        "no_timeout",
        "A peer that never answers holds the caller, and all that it holds, for ever.",
        "Give every call a timeout, and the whole of it a deadline.",
    ),
    Chosen(
        ("BLE001", "S110", "S112", "E722"),
        "swallowed_exception",
        "The failure is gone: what follows runs on wrong data, and no log tells why.",
        "Catch what you can handle, turn it into a typed error, and let the rest through.",
    ),
    Chosen(
        ("ASYNC210", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC251"),
        "blocking_call",
        "The event loop stands still, and every other task with it.",
        "Await an async client, or move the call to a thread with asyncio.to_thread.",
    ),
    Chosen(
        ("RUF006",),
        "forgotten_task",
        "The loop keeps no strong reference: the task may vanish half-done, and its error is never seen.",
        "Keep the task until it is done, or start it in a TaskGroup.",
    ),
    Chosen(
        ("S301",),
        "pickle_from_outside",
        "Whoever can write those bytes runs code in this process.",
        "Use a codec that makes data only, such as JSON.",
    ),
    Chosen(
        ("S608",),
        "sql_by_string",
        "A value that comes from outside becomes part of the statement.",
        "Pass values as parameters.",
    ),
    Chosen(
        ("DTZ001", "DTZ003", "DTZ004", "DTZ005", "DTZ006"),
        "naive_datetime",
        "Two machines mean different moments by it, and it cannot be compared with one that has a zone.",
        "Use datetime.now(UTC), and keep the zone.",
    ),
    Chosen(
        ("S105", "S106", "S107"),
        "secret_in_code",
        "Whoever reads the repository has the secret, and it stays in its history.",
        "Read it from the environment or a secrets folder, in the settings.",
    ),
    Chosen(
        ("S501", "S506"),
        "outside_trusted",
        "What comes from outside is taken as it is: a forged certificate, a document that makes objects.",
        "Leave certificates checked; load with yaml.safe_load.",
    ),
)
BY_CODE: Final = {code: one for one in PRESET for code in one.codes}


def installed() -> bool:
    """Return whether ruff is in this environment."""
    return find_spec("ruff") is not None


def ruff_findings(paths: Sequence[Path], root: Path) -> list[Finding]:
    """Return what ruff finds of the preset. Its `noqa` is obeyed by ruff; what it cannot parse, we report."""
    select = ",".join(BY_CODE)
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        select,
        "--output-format",
        "json",
    ]
    done = subprocess.run(
        [*command, "--exit-zero", "--quiet", "--no-cache", "--", *map(str, paths)],
        check=False,
        capture_output=True,
        text=True,
    )
    found = [one for one in json.loads(done.stdout or "[]") if one["code"] in BY_CODE]
    return sorted(_finding(one, root) for one in found)


def _finding(one: dict[str, Any], root: Path) -> Finding:
    chosen, path = BY_CODE[one["code"]], Path(one["filename"])
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    start, end = one["location"], one["end_location"]
    return Finding(
        shown.as_posix(),
        *(start["row"], start["column"], end["row"], end["column"]),
        one["code"],
        one["message"],
        chosen.why,
        chosen.fix,
        f"anti-patterns/#{chosen.name.replace('_', '-')}",
    )
