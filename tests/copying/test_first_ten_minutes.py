"""The first ten minutes on the site: what they tell to type works, in an empty project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from infra_ref.workbench.copying.collection import own

ROOT = own().tree.folder.parent
PAGE = ROOT / "site-src/pages/how-to/first-ten-minutes.md"
INSTEAD = {
    "uvx infra-ref": f"{sys.executable} -m infra_ref.workbench.cli",
    "uv run pytest": f"{sys.executable} -m pytest -p no:cacheprovider",
    "uv init": "true",
    "uv add": "true",
}
"""Of uv nothing is tested here."""


def test_what_the_page_tells_to_type_works(project: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)).replace(" && cd shop", "")
    for said, done in INSTEAD.items():
        assert said in commands
        commands = commands.replace(said, done)
    shown = typed(["sh", "-ec", commands], project, {"PYTHONPATH": f"src{os.pathsep}{ROOT}"})
    assert re.search(r"\d+ passed", shown)
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert typed([sys.executable, "-c", code], project, {"PYTHONPATH": "src"}) == "4.5\n"


def typed(command: list[str], at: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=at, env=os.environ | environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
