"""Run the copied tests, with the project's own Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.project_style import executable
from infra_ref.workbench.refused import Refused


def run_tests(layout: Layout, tests: Sequence[str], *, quiet: bool) -> bool | None:
    """Run the tests and return whether they passed; None where there are none.

    Raises Refused if the project's Python has no pytest.
    """
    if not tests:
        return None
    python = executable(layout.project, "python") or sys.executable
    if subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False).returncode:
        raise Refused(f"The files were copied; to run their tests, {python} needs pytest: install it there.")
    root = str(layout.root)
    above = os.environ.get("PYTHONPATH")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", *tests],
        cwd=layout.project,
        env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{above}" if above else root},
        stdout=subprocess.DEVNULL if quiet else None,
        check=False,
    )
    return done.returncode == 0
