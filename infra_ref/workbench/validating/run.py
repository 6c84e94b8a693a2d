"""Run notebooks under nbval, in processes of its own, and add what came of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.validating.findings import Finding, Notebook

HERE = "python3"
"""The kernel that every Jupyter has; as a rule it means the interpreter at hand."""

NEEDED = ("pytest", "nbval", "ipykernel")
FINE = (0, 1, 5)
"""Exit codes of pytest that say all about the cells: passed, some failed, nothing to run."""


def check_installed() -> None:
    """Raise Refused unless everything that running a notebook takes is installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise Refused(f"validate runs notebooks with {', '.join(NEEDED)}: pip install {' '.join(missing)}")


def run_all(
    notebooks: list[Notebook], *, seconds: float, sanitize: Path | None = None, processes: int = 1
) -> None:
    """Run each notebook from top to bottom, strictly; a cell gets that many seconds.

    A notebook whose kernel is `python3` runs on this interpreter, any other on its own
    kernel spec. `sanitize` is a file of replacements as nbval has them. Adds to each
    notebook its seconds and, for the first cell that differs, a finding. Raises
    Refused when pytest itself could not do its work.
    """
    groups = [notebooks[at::processes] for at in range(processes)]
    groups = [[one for one in group if one.kernel == own] for group in groups for own in _kernels(group)]
    with ThreadPoolExecutor(processes) as pool:
        for done in [pool.submit(_run, group, seconds, sanitize) for group in groups]:
            done.result()


def _kernels(notebooks: list[Notebook]) -> list[str]:
    return sorted({one.kernel for one in notebooks})


def _run(notebooks: list[Notebook], seconds: float, sanitize: Path | None) -> None:
    own = ["--nbval-current-env"] if notebooks[0].kernel == HERE else []
    own += [f"--nbval-sanitize-with={sanitize.resolve()}"] if sanitize else []
    with tempfile.TemporaryDirectory() as folder:
        cells, settings = Path(folder, "cells.jsonl"), Path(folder, "pytest.ini")
        cells.touch()
        settings.write_text("[pytest]\n", "utf-8")  # and not the settings of the project around
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-c", settings, "--rootdir", Path.cwd(), "--noconftest"),
                *(
                    "-p",
                    "nbval.plugin",
                    "-p",
                    "infra_ref.workbench.validating.cells",
                    "-p",
                    "no:cacheprovider",
                ),
                *(
                    "--nbval",
                    f"--nbval-cell-timeout={seconds:g}",
                    "--cells-to",
                    cells,
                    "-q",
                ),
                *own,
                *(one.path.resolve() for one in notebooks),
            ],
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        ran = [json.loads(line) for line in cells.read_text("utf-8").splitlines()]
    if done.returncode not in FINE:
        said = done.stdout.strip().splitlines() or ["nothing"]
        raise Refused(f"pytest could not run the notebooks; its last words: {said[-1]}")
    for notebook in notebooks:
        _add(notebook, [one for one in ran if one["notebook"] == str(notebook.path.resolve())])


def _add(notebook: Notebook, ran: list[dict[str, str | int | float]]) -> None:
    notebook.ran = {int(one["cell"]): float(one["seconds"]) for one in ran}
    notebook.seconds = sum(notebook.ran.values())
    failed = [one for one in ran if "what" in one]
    if failed:
        first, others = failed[0], len(failed) - 1
        after = f"; so do {others} after it" if others > 1 else "; so does one after it" if others else ""
        details = (str(first.get("expected", "")), str(first.get("seen", "")))
        notebook.findings.append(Finding(int(first["cell"]), f"{first['what']}{after}", *details))
    elif len(notebook.ran) < notebook.cells:
        notebook.findings.append(
            Finding(None, "not all cells ran", str(notebook.cells), str(len(notebook.ran)))
        )
