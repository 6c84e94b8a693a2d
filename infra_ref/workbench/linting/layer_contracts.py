"""Layers through import-linter: its contract from the declared or guessed layers, run as a command."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from infra_ref.workbench.linting.finding import Finding

ORDER: Final = ("composition", "adapter", "application", "port", "domain")
"""From the outside in: a layer imports those to its right."""
WHY = "An inner layer that knows an outer one cannot be used, tested or replaced without it."
FIX = "Let the inner layer declare a port, and let the outer one keep it."
_BROKEN = re.compile(r"^\s*-?\s*([\w.]+) -> ([\w.]+) \(l\.(\d+)")


def installed() -> bool:
    """Return whether import-linter is in this environment."""
    return find_spec("importlinter") is not None


def contract(modules: Mapping[str, Sequence[str]]) -> str:
    """Return import-linter's configuration for modules by layer; "" where fewer than two layers have one."""
    found = [(layer, sorted(modules.get(layer, ()))) for layer in ORDER if modules.get(layer)]
    if len(found) < 2:
        return ""
    roots = sorted({name.partition(".")[0] for _, names in found for name in names})
    lines = ["[importlinter]", "root_packages ="] + [f"    {root}" for root in roots]
    for n, (layer, names) in enumerate(found[1:], start=1):
        outer = [name for _, others in found[:n] for name in others]
        lines += [
            f"\n[importlinter:contract:{layer}]",
            f"name = {layer} knows no outer layer",
            "type = forbidden",
        ]
        lines += ["source_modules =", *(f"    {name}" for name in names)]
        lines += ["forbidden_modules =", *(f"    {name}" for name in outer), "allow_indirect_imports = True"]
    return "\n".join(lines) + "\n"


def layer_findings(configuration: str, source: Path, paths: Mapping[str, str]) -> tuple[list[Finding], str]:
    """Run import-linter with the packages in `source`; return what it finds, and why it could not if so.

    `paths` gives the path of each module.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "layers.ini")
        file.write_text(configuration, encoding="utf-8")
        call = "from importlinter.cli import lint_imports_command; lint_imports_command()"
        done = subprocess.run(
            [sys.executable, "-c", call, "--config", str(file), "--no-cache"],
            check=False,
            capture_output=True,
            text=True,
            cwd=source,
        )
    found = []
    for line in done.stdout.splitlines():
        if broken := _BROKEN.match(line):
            at = int(broken[3])
            message = f"{broken[1]} imports {broken[2]}, which is further out"
            path = paths.get(broken[1], broken[1])
            found.append(Finding(path, at, 1, at, 1, "LAYER", message, WHY, FIX, "anti-patterns/#layers"))
    failed = done.returncode and not found
    return sorted(set(found)), (done.stdout + done.stderr).strip().splitlines()[-1] if failed else ""
