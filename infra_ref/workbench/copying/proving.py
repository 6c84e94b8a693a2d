"""Run the copied tests, with the project's own Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra_ref.workbench.copying.lock_file import Entry
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.refused import Refused


def prove(place: Place, tests: Sequence[Entry], *, quiet: bool) -> bool | None:
    """Run the tests and return whether they passed; None where there are none.

    Raises Refused if the project's Python has no pytest.
    """
    if not tests:
        return None
    layout = place.layout
    python = _python(layout.project)
    if subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False).returncode:
        raise Refused(f"The files were copied; to run their tests, {python} needs pytest: install it there.")
    root = str(layout.root)
    above = os.environ.get("PYTHONPATH")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", *(place.path(one) for one in tests)],
        cwd=layout.project,
        env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{above}" if above else root},
        stdout=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    return done.returncode == 0


def _python(project: Path) -> str:
    """Return the project's Python: its own environment's, the active one's, else the one that runs this."""
    homes = [project / ".venv", project / "venv", Path(os.environ.get("VIRTUAL_ENV") or project / ".venv")]
    for home in homes:
        for name in ("bin/python", "Scripts/python.exe"):
            if (home / name).exists():
                return str(home / name)
    return sys.executable
