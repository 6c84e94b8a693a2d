"""The four patterns are those that the package really uses: the type checker says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_what_the_package_uses_fits_the_four_patterns() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--follow-imports=silent"]
    done = subprocess.run(
        [*command, str(HERE / "four_patterns.py")],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stdout
